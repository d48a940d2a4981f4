"""A selection of the programs on a cluster of real processes, at parallelism 3: aliases in slots, types over Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.differential import outputs
from tests.differential.test_differential import run
from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = pytest.mark.integration

#: `DataStream.print` writes where the task is, so that programs that use it only run in this process
ON_A_CLUSTER = [
    "csv_sink",
    "csv_source",
    "event_time_timers",
    "file_sink",
    "file_sink_names",
    "keyed_side_outputs",
    "map_state",
    "result_types",
    "rows",
    "value_state",
]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    cluster = LocalCluster(tmp_path_factory.mktemp("cluster") / "dir")
    yield tuple(cluster.addresses.split(","))
    cluster.stop()


@pytest.mark.parametrize("name", ON_A_CLUSTER)
def test_program_shows_on_a_cluster_what_pyflink_shows(name: str, addresses: tuple[str, ...], tmp_path: Path) -> None:
    found = run(name, 3, tmp_path / "out", *addresses)
    assert outputs.difference(found, outputs.expected(name, 3)) == []


def test_programs_of_the_selection_show_what_they_have_in_the_client() -> None:
    printing = [name for name in ON_A_CLUSTER if ".print(" in (outputs.PROGRAMS / f"{name}.py").read_text()]
    assert printing == []
