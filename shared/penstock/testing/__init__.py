"""For tests of jobs: a cluster of local processes, faults by seed, and a comparison that tells lost from doubled.

    from penstock.testing import FaultInjector, LocalCluster, assert_exactly_once, committed_lines

    def test_my_job_under_kills(tmp_path):
        with LocalCluster(tmp_path / "cluster") as cluster, FaultInjector(cluster, seed=7):
            cluster.run("my_job.py", str(tmp_path / "out"), parallelism=4)
        assert_exactly_once(committed_lines(tmp_path / "out"), ["what", "must", "be", "there"])

`crash_points` is what the product itself is tested with; inert unless asked by an environment variable.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.testing.comparison import Difference as Difference
    from penstock.testing.comparison import assert_exactly_once as assert_exactly_once
    from penstock.testing.comparison import compare as compare
    from penstock.testing.fault_injector import FAULTS as FAULTS
    from penstock.testing.fault_injector import FaultInjector as FaultInjector
    from penstock.testing.local_cluster import LocalCluster as LocalCluster
    from penstock.testing.output import committed_lines as committed_lines

_PLACES = {
    "Difference": "comparison",
    "assert_exactly_once": "comparison",
    "compare": "comparison",
    "FAULTS": "fault_injector",
    "FaultInjector": "fault_injector",
    "LocalCluster": "local_cluster",
    "committed_lines": "output",
}
__all__ = [
    "FAULTS",
    "Difference",
    "FaultInjector",
    "LocalCluster",
    "assert_exactly_once",
    "committed_lines",
    "compare",
]


def __getattr__(name: str) -> Any:
    # late: services import `crash_points` from here, and must not pay for the rest
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
