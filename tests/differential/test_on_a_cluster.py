"""The programs on a cluster of real processes, at parallelism 1 and 3: aliases in slots, types and state over Redis."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.client.context import ProgramContext
from penstock.client.program import run_program
from tests.differential import outputs
from tests.differential.test_differential import run
from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = pytest.mark.integration


def runs_on_a_cluster(name: str) -> bool:
    """`print` writes where the task is; `sleep` paces records by the clock, which a busy machine does not keep."""
    text = (outputs.PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    return ".print(" not in text and "sleep(" not in text


ON_A_CLUSTER = [name for name in outputs.names() if runs_on_a_cluster(name)]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """One cluster for all of them."""
    cluster = LocalCluster(tmp_path_factory.mktemp("cluster") / "dir")
    yield tuple(cluster.addresses.split(","))
    cluster.stop()


@pytest.mark.parametrize("parallelism", outputs.PARALLELISMS)
@pytest.mark.parametrize("name", ON_A_CLUSTER)
def test_program_shows_on_a_cluster_what_pyflink_shows(
    name: str, parallelism: int, addresses: tuple[str, ...], tmp_path: Path
) -> None:
    found = run(name, parallelism, tmp_path / "out", *addresses)
    assert outputs.difference(found, outputs.expected(name, parallelism)) == []


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len(ON_A_CLUSTER) >= 40


def test_a_cached_stream_is_computed_once_on_a_cluster(addresses: tuple[str, ...], tmp_path: Path) -> None:
    program = tmp_path / "cached.py"
    program.write_text(
        "import random\n"
        "from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.set_runtime_mode(RuntimeExecutionMode.BATCH)\n"
        "cached = env.from_collection(range(100)).map(lambda _: random.random()).cache()\n"
        "def values():\n"
        "    with cached.execute_and_collect() as results:\n"
        "        return sorted(results)\n"
        "first, second = values(), values()\n"
        "cached.invalidate()\n"
        "print(len(first), first == second, first == values())\n"
    )
    stdout = io.StringIO()
    context = ProgramContext(addresses=addresses, configuration={"parallelism.default": "2"})
    with contextlib.redirect_stdout(stdout):
        run_program(program, [], context)
    assert stdout.getvalue() == "100 True False\n"
