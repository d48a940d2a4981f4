"""The history of a subtask's attempts."""

from typing import Any

import pytest
from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.rows import AttemptsRow, ExecutionRow
from penstock.graph.states import ExecutionState
from penstock_jobmanager.attempts import remembered


def ended(attempt: int, **changes: Any) -> ExecutionRow:
    row = ExecutionRow(
        vertex="v", subtask=2, state=ExecutionState.FAILED, attempt=attempt, timestamps={"FAILED": 100 + attempt}
    )
    return replace(row, **changes)


def test_an_attempt_is_kept_with_where_it_ran_and_why_it_ended_but_without_its_traceback() -> None:
    failure = Failure(message="x" * 9_000, traceback="t" * 9_000)
    found = remembered(None, ended(0, taskmanager="tm-1", endpoint="box:1", failure=failure), 16)
    assert found is not None
    (kept,) = found.attempts
    assert (found.vertex, found.subtask) == ("v", 2)
    assert (kept.attempt, kept.taskmanager, kept.endpoint, kept.state) == (0, "tm-1", "box:1", ExecutionState.FAILED)
    assert kept.failure == Failure(message="x" * 500)


@pytest.mark.parametrize(("most", "kept"), [(16, [0, 1, 2, 3]), (2, [2, 3]), (1, [3]), (0, [])])
def test_the_oldest_go_beyond_the_bound(most: int, kept: list[int]) -> None:
    history: AttemptsRow | None = None
    for attempt in range(4):
        history = remembered(history, ended(attempt), most) or history
    assert [row.attempt for row in history.attempts] == kept if history else kept == []


def test_an_attempt_that_was_renumbered_is_remembered_once() -> None:
    history = remembered(None, ended(0), 16)
    assert history is not None
    assert remembered(history, replace(ended(0), attempt=100), 16) is None
