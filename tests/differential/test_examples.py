"""Our examples that run on PyFlink too, and Flink's own where the wheel of apache-flink is at hand, by the alias."""

import contextlib
import io
import re
import warnings
from pathlib import Path

import pytest

from penstock.client.context import ProgramContext
from penstock.client.program import run_program
from penstock.common.jvm import NoEffectWarning
from tests.differential import examples, outputs

EXAMPLES = examples.folder()


def show(program: Path, name: str, folder: Path, parallelism: int = 1) -> list[str]:
    """What is missing and what is too many of what the program shows."""
    stdout = io.StringIO()
    context = ProgramContext(configuration={"parallelism.default": str(parallelism)})
    with contextlib.redirect_stdout(stdout), warnings.catch_warnings():
        warnings.simplefilter("ignore", NoEffectWarning)
        run_program(program, [], context)
    found = outputs.shown(stdout.getvalue(), folder)
    wanted = examples.expected_path(name).read_text(encoding="utf-8").splitlines()
    return outputs.difference(*(without_subtasks(lines) for lines in (found, wanted)))


def without_subtasks(lines: list[str]) -> list[str]:
    """As they are at parallelism 1: PyFlink's own default is the number of cores."""
    return [re.sub(r"^N> ", "", line) for line in lines]


@pytest.mark.skipif(EXAMPLES is None, reason=f"no apache-flink here, and {examples.PLACE} names no folder")
@pytest.mark.parametrize("name", examples.NAMES)
def test_example_shows_what_it_shows_on_pyflink(name: str, tmp_path: Path) -> None:
    assert EXAMPLES is not None
    assert show(EXAMPLES / f"{name}.py", name, tmp_path) == []


@pytest.mark.parametrize("parallelism", outputs.PARALLELISMS)
@pytest.mark.parametrize("program", examples.OURS, ids=lambda program: program.stem)
def test_our_example_shows_what_it_shows_on_pyflink(program: Path, parallelism: int, tmp_path: Path) -> None:
    assert show(program, program.stem, tmp_path, parallelism) == []


def test_every_example_is_recorded_and_nothing_else() -> None:
    recorded = {p.stem for p in examples.EXPECTED.glob("*.txt")}
    flinks = {name.rpartition("/")[2] for name in examples.NAMES}
    assert recorded == flinks | {program.stem for program in examples.OURS}
