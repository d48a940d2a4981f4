"""Durations of an execution's states out of when it entered them."""

from typing import Any

from penstock.coordination.rows import ExecutionRow
from penstock.graph.states import ExecutionState
from penstock_dispatcher.execution_times import execution_times, status_durations


def row(state: ExecutionState, **timestamps: int) -> ExecutionRow:
    fields: dict[str, Any] = {"vertex": "v", "subtask": 0, "attempt": 0, "state": state, "timestamps": timestamps}
    return ExecutionRow(**fields)


def test_each_state_lasts_until_the_next_was_entered() -> None:
    running = row(ExecutionState.RUNNING, CREATED=10, DEPLOYING=15, RUNNING=20)
    assert status_durations(running, 50) == {
        "CREATED": 5, "SCHEDULED": -1, "DEPLOYING": 5, "INITIALIZING": -1, "RUNNING": 30,
    }  # fmt: skip
    failed = row(ExecutionState.FAILED, CREATED=10, DEPLOYING=15, RUNNING=20, FAILED=27)
    assert status_durations(failed, 50)["RUNNING"] == 7


def test_nothing_was_entered_yet() -> None:
    new = row(ExecutionState.CREATED)
    assert set(status_durations(new, 50).values()) == {-1}
    assert execution_times(new, 50) == {"start-time": -1, "end-time": -1, "duration": -1}
