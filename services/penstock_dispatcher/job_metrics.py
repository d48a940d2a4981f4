"""The metrics of a job by Flink's names, from its rows. Pure. Times in ms, sizes in bytes."""

from collections.abc import Iterable

from penstock.graph.states import JobState
from penstock_dispatcher.checkpoint_json import checkpoint_duration, directory_of
from penstock_dispatcher.job_view import JobView

Value = int | float | str


def job_metrics(view: JobView) -> dict[str, Value]:
    """-1 and "n/a": not yet, as in Flink."""
    history, row = view.checkpoints, view.row
    counters, latest = history.counters, history.latest_completed
    began = row.timestamps.get(JobState.RUNNING.value, row.start_time)
    is_up = row.state is JobState.RUNNING
    is_down = row.state in (JobState.RESTARTING, JobState.FAILING)
    return {
        "uptime": max(0, view.now - began) if is_up else 0,
        "downtime": max(0, view.now - row.timestamps.get(JobState.FAILING.value, view.now)) if is_down else 0,
        "numRestarts": view.restart.restarts,
        "fullRestarts": view.restart.restarts,
        "numLocalRestarts": view.restart.local,
        "totalNumberOfCheckpoints": counters.triggered,
        "numberOfInProgressCheckpoints": len(history.undecided),
        "numberOfCompletedCheckpoints": counters.completed,
        "numberOfFailedCheckpoints": counters.failed,
        "lastCompletedCheckpointId": latest.checkpoint if latest else -1,
        "lastCheckpointDuration": checkpoint_duration(latest) if latest else -1,
        "lastCheckpointSize": latest.new_bytes if latest else -1,
        "lastCheckpointFullSize": latest.size if latest else -1,
        "lastCheckpointProcessedData": latest.processed_bytes if latest else -1,
        "lastCheckpointPersistedData": latest.persisted_bytes if latest else -1,
        "lastCheckpointCompletedTimestamp": latest.ended_at if latest else -1,
        "lastCheckpointExternalPath": (directory_of(latest.path) if latest else None) or "n/a",
        "lastCheckpointRestoreTimestamp": counters.restored_at or -1,
    }


def aggregated(values: Iterable[Value], kinds: Iterable[str]) -> dict[str, float]:
    """`min`, `max`, `sum`, `avg` of those that are numbers; `skew` is the mean distance to the mean, in % of it."""
    numbers = [float(value) for value in values if not isinstance(value, str)]
    if not numbers:
        return {}
    mean = sum(numbers) / len(numbers)
    found = {
        "min": min(numbers),
        "max": max(numbers),
        "sum": sum(numbers),
        "avg": mean,
        "skew": 100 * sum(abs(n - mean) for n in numbers) / len(numbers) / mean if mean else 0.0,
    }
    return {kind: found[kind] for kind in kinds}
