"""Programs written for PyFlink, through the import alias: Penstock shows what PyFlink 2.3 was recorded to show."""

import contextlib
import io
import warnings
from pathlib import Path

import pytest

from penstock.client.context import ProgramContext
from penstock.client.program import run_program
from penstock.common.jvm import NoEffectWarning
from tests.differential import outputs


def run(name: str, parallelism: int, folder: Path, *addresses: str, **settings: str) -> list[str]:
    """Run a program in this process, its jobs here or on the cluster at `addresses`; what it shows."""
    folder.mkdir()
    stdout = io.StringIO()
    configuration = {"parallelism.default": str(parallelism)} | {k.replace("_", "."): v for k, v in settings.items()}
    context = ProgramContext(addresses=addresses, configuration=configuration)
    with contextlib.redirect_stdout(stdout), warnings.catch_warnings():
        warnings.simplefilter("ignore", NoEffectWarning)
        run_program(outputs.PROGRAMS / f"{name}.py", [str(parallelism), str(folder)], context)
    return outputs.comparable(outputs.shown(stdout.getvalue(), folder), name, parallelism)


@pytest.mark.parametrize("parallelism", outputs.PARALLELISMS)
@pytest.mark.parametrize("name", outputs.names())
def test_program_shows_what_pyflink_shows(name: str, parallelism: int, tmp_path: Path) -> None:
    found = run(name, parallelism, tmp_path / "out")
    assert outputs.difference(found, outputs.expected(name, parallelism)) == []


@pytest.mark.parametrize("name", ["connect_keyed_join", "connect_keyed_timers", "state_kinds", "state_ttl"])
def test_rocksdb_gives_the_same(name: str, tmp_path: Path) -> None:
    pytest.importorskip("rocksdict")
    found = run(name, 1, tmp_path / "out", state_backend_type="rocksdb")
    assert outputs.difference(found, outputs.expected(name, 1)) == []


def test_every_program_is_recorded_and_nothing_else() -> None:
    recorded = {p.name.split(".")[0] for p in outputs.EXPECTED.glob("*.txt")}
    assert recorded == set(outputs.names())


def test_a_difference_is_a_difference() -> None:
    assert outputs.difference(["a", "b", "b"], ["b", "a", "c"]) == ["- c", "+ b"]
