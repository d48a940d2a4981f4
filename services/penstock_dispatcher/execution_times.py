"""Start, end and durations of executions, as Flink's handlers derive them from state timestamps. -1: not yet. Pure."""

from collections.abc import Sequence

from penstock.coordination.rows import ExecutionRow
from penstock.graph.states import ExecutionState

#: the states whose time Flink shows, in the order in which an execution goes through them
_TIMED = ("CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING")


def execution_times(row: ExecutionRow, now: int) -> dict[str, int]:
    """`start-time` is when deployment began."""
    start = row.timestamps.get(ExecutionState.DEPLOYING.value, -1)
    end = row.timestamps.get(row.state.value, -1) if row.state.is_terminal else -1
    return _times(start, end, now)


def vertex_times(rows: Sequence[ExecutionRow], now: int) -> dict[str, int]:
    """From the first start to the last end, which there is only once all have ended."""
    times = [execution_times(row, now) for row in rows]
    start = min((t["start-time"] for t in times if t["start-time"] >= 0), default=-1)
    ended = bool(rows) and all(row.state.is_terminal for row in rows)
    return _times(start, max(t["end-time"] for t in times) if ended else -1, now)


def _times(start: int, end: int, now: int) -> dict[str, int]:
    duration = max(0, (end if end >= 0 else now) - start) if start >= 0 else -1
    return {"start-time": start, "end-time": end, "duration": duration}


def status_durations(row: ExecutionRow, now: int) -> dict[str, int]:
    """Ms spent in each of the five states; -1 for one that was not entered."""
    entered = [(s, row.timestamps[s]) for s in _TIMED if row.timestamps.get(s, 0) > 0]
    last = row.timestamps.get(row.state.value, now) if row.state.value not in _TIMED else now
    durations = dict.fromkeys(_TIMED, -1)
    # of a job that was accepted a moment ago nothing was entered yet
    for (state, begin), end in zip(entered, [*(time for _, time in entered[1:]), last], strict=False):
        durations[state] = max(0, end - begin)
    return durations
