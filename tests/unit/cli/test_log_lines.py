"""How `penstock logs` shows a line, and which it leaves out."""

import json
from typing import Any

import pytest

from penstock.client.cli.log_lines import shown, wanted

OURS: dict[str, Any] = {
    "event": "task state",
    "vertex": "ab",
    "state": "RUNNING",
    "note": "two words",
    "job": "j1",
    "level": "warning",
    "logger": "penstock.runtime.slot",
    "timestamp": "2026-11-25T23:53:35.636218Z",
    "service": "slot",
    "id": "tm/1",
}


def line(**changes: Any) -> str:
    return json.dumps({**OURS, **changes}, separators=(",", ":"))


def test_a_line_of_ours_is_put_into_columns() -> None:
    assert shown(line()) == '23:53:35.636 warning task state  vertex=ab state=RUNNING note="two words" job=j1'


def test_a_traceback_stands_below() -> None:
    assert shown(line(exception="Traceback:\n  line 3\n")).splitlines()[1:] == ["Traceback:", "  line 3"]


@pytest.mark.parametrize("text", ["hello", "", '{"a": 1}', '{"broken', "[1]"])
def test_what_was_printed_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("job", "level", "is_wanted"),
    [
        (None, None, True),
        ("j1", None, True),
        ("j2", None, False),
        (None, "warning", True),
        (None, "info", True),
        (None, "error", False),
    ],
)
def test_lines_are_chosen_by_job_and_level(job: str | None, level: str | None, is_wanted: bool) -> None:
    assert wanted(line(), job, level) is is_wanted
    assert wanted("printed", job, level) is (job is None and level is None)
