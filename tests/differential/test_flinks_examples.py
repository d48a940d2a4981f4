"""Flink's own Python examples, unchanged and through the alias, where the wheel of apache-flink is at hand."""

import contextlib
import io
import warnings
from pathlib import Path

import pytest

from penstock.client.context import ProgramContext
from penstock.client.program import run_program
from penstock.common.jvm import NoEffectWarning
from tests.differential import flink_examples, outputs

EXAMPLES = flink_examples.folder()


@pytest.mark.skipif(EXAMPLES is None, reason=f"no apache-flink here, and {flink_examples.PLACE} names no folder")
@pytest.mark.parametrize("name", flink_examples.NAMES)
def test_example_shows_what_it_shows_on_pyflink(name: str, tmp_path: Path) -> None:
    assert EXAMPLES is not None
    stdout = io.StringIO()
    context = ProgramContext(configuration={"parallelism.default": "1"})
    with contextlib.redirect_stdout(stdout), warnings.catch_warnings():
        warnings.simplefilter("ignore", NoEffectWarning)
        run_program(EXAMPLES / f"{name}.py", [], context)
    found = outputs.shown(stdout.getvalue(), tmp_path)
    wanted = flink_examples.expected_path(name).read_text(encoding="utf-8").splitlines()
    assert outputs.difference(found, wanted) == []


def test_every_example_is_recorded_and_nothing_else() -> None:
    recorded = {p.stem for p in flink_examples.EXPECTED.glob("*.txt")}
    assert recorded == {name.rpartition("/")[2] for name in flink_examples.NAMES}
