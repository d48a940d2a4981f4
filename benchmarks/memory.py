"""Memory: of a slot process that holds no state, and of a key of state beside a plain dict."""

import sys
from collections.abc import Callable
from typing import Any

from benchmarks.cluster import Cluster, new_cluster
from benchmarks.command import JOBS, run
from benchmarks.peak_memory import PeakMemory
from benchmarks.procfs import memory_of, tree

Say = Callable[[str], None]
SLOT_GOAL, STATE_GOAL = 80, 2.0  #: MB of resident set; times a plain dict
_KINDS = ("value", "reduce", "list", "map")
_FEW, _MANY = 1_000, 500_000  #: keys


def measure(say: Say) -> dict[str, Any]:
    """`slots`: MB, `state`: bytes a key. On clusters of its own: a process keeps what it once took."""
    with new_cluster() as cluster:
        slots = {**_slots(cluster), "goal_rss_mb": SLOT_GOAL}
        with PeakMemory(cluster) as memory:
            _submit(cluster, "reduce", _FEW)
        slots["peak_rss_mb"] = round(memory.by_service()["slot"]["largest"] * 2**20 / 1e6, 1)
    say(f"slots: {slots}")
    rows = []
    for kind in _KINDS:
        plain, local, cluster_bytes = _growth(_plain, kind), _growth(_local, kind), _growth(_on_cluster, kind)
        rows.append(
            {
                "kind": kind,
                "dict_bytes": round(plain),
                "local_bytes": round(local),
                "local_ratio": round(local / plain, 2),
                "cluster_bytes": round(cluster_bytes),
                "cluster_ratio": round(cluster_bytes / plain, 2),
                "goal": STATE_GOAL,
                "met": max(local, cluster_bytes) <= STATE_GOAL * plain,
            }
        )
        say(f"state: {rows[-1]}")
    return {"slots": slots, "state": rows, "keys": _MANY}


def _slots(cluster: Cluster) -> dict[str, float]:
    """MB: the largest resident set of a slot process, and its share of what processes have in common counted once."""
    masters = {p["pid"] for p in cluster.status["processes"] if p["service"] == "taskmanager"}
    sizes = [memory_of(use.pid) for use in tree(masters) if use.parent in masters]
    return {
        "processes": len(sizes),
        "rss_mb": round(max(size.resident for size in sizes) / 1e6, 1),
        "pss_mb": round(max(size.proportional for size in sizes) / 1e6, 1),
    }


def _growth(peak: Callable[[str, int], float], kind: str) -> float:
    """Bytes a key."""
    return (peak(kind, _MANY) - peak(kind, _FEW)) / (_MANY - _FEW)


def _plain(kind: str, keys: int) -> float:
    return _printed(run([sys.executable, str(JOBS / "memory_dict.py"), *_arguments(kind, keys)]).output)


def _local(kind: str, keys: int) -> float:
    return _printed(run([sys.executable, str(JOBS / "memory_job.py"), *_arguments(kind, keys)]).output)


def _on_cluster(kind: str, keys: int) -> float:
    with new_cluster() as cluster, PeakMemory(cluster) as memory:
        _submit(cluster, kind, keys)
    return memory.by_service()["slot"]["largest"] * 2**20


def _submit(cluster: Cluster, kind: str, keys: int) -> None:
    program = [str(JOBS / "memory_job.py"), *_arguments(kind, keys)]
    cluster.submit(1, ["-D", "penstock.exchange.in-memory-channels=false"], program)


def _arguments(kind: str, keys: int) -> list[str]:
    return ["--kind", kind, "--keys", str(keys)]


def _printed(output: str) -> float:
    return float(output.split()[output.split().index("peak") + 1])
