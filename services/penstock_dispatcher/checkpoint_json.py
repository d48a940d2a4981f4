"""`/jobs/:id/checkpoints` and `/checkpoints/details/:n`: counts, summary, latest, history. Pure. Sizes in bytes."""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.coordination.rows import CheckpointRow, CheckpointsRow, TaskStats
from penstock.graph.job_graph import JobGraph, JobVertex
from penstock_dispatcher.checkpoint_history import CheckpointHistory
from penstock_dispatcher.stats_summary import stats_summary

_STATUS = {"PENDING": "IN_PROGRESS", "WRITING": "IN_PROGRESS", "COMPLETED": "COMPLETED", "FAILED": "FAILED"}
_CLASS = {"IN_PROGRESS": "in_progress", "COMPLETED": "completed", "FAILED": "failed"}
_SUMMARIZED = (
    "checkpointed_size",
    "state_size",
    "end_to_end_duration",
    "alignment_buffered",
    "processed_data",
    "persisted_data",
)


def checkpointing_statistics(history: CheckpointHistory) -> dict[str, Any]:
    """`/jobs/:id/checkpoints`. `tasks` of the entries are empty: they are in the details."""
    counters = history.counters
    entries = [_entry(history, row) for row in history.checkpoints]
    completed = [entry for entry in entries if entry["status"] == "COMPLETED"]
    return {
        "counts": {
            "restored": counters.restored,
            "total": counters.triggered,
            "in_progress": len(history.undecided),
            "completed": counters.completed,
            "failed": counters.failed,
        },
        "summary": {name: stats_summary(entry[name] for entry in completed) for name in _SUMMARIZED},
        "latest": {
            "completed": _latest(history, lambda c: c.status == "COMPLETED" and not c.options.savepoint),
            # one that a rescaling took for itself is gone again
            "savepoint": _latest(history, lambda c: c.status == "COMPLETED" and c.options.savepoint and not c.owned),
            "failed": _latest(history, lambda c: c.status == "FAILED"),
            "restored": _restored(counters),
        },
        "history": entries,
    }


def _latest(history: CheckpointHistory, wanted: Callable[[CheckpointRow], bool]) -> dict[str, Any] | None:
    row = next(filter(wanted, history.checkpoints), None)
    return None if row is None else _entry(history, row)


def _entry(history: CheckpointHistory, row: CheckpointRow) -> dict[str, Any]:
    """A decided checkpoint's row has the sums already."""
    return _statistics(row, history.tasks(row.checkpoint) if row in history.undecided else ())


def _restored(counters: CheckpointsRow) -> dict[str, Any] | None:
    if counters.restored_id is None:
        return None
    return {
        "id": counters.restored_id,
        "restore_timestamp": counters.restored_at,
        "is_savepoint": counters.restored_savepoint,
        "external_path": directory_of(counters.restored_path),
    }


def checkpoint_details(row: CheckpointRow, tasks: Sequence[TaskStats], graph: JobGraph) -> dict[str, Any]:
    """`/checkpoints/details/:n`: an element of the history with its vertices."""
    shown: dict[str, Any] = {}
    for vertex in graph.vertices:
        part = [task for task in tasks if task.vertex == vertex.id]
        if part or row.status != "COMPLETED":
            shown[vertex.id] = task_statistics(row, part, subtasks_of(row, part, vertex))
    return {**_statistics(row, tasks), "tasks": shown}


def subtasks_of(row: CheckpointRow, tasks: Sequence[TaskStats], vertex: JobVertex) -> int:
    """How many subtasks of a vertex take part; in a completed checkpoint those that did, whatever is deployed now."""
    return len(tasks) if row.status == "COMPLETED" else max(len(tasks), vertex.parallelism)


def task_statistics(row: CheckpointRow, tasks: Sequence[TaskStats], subtasks: int) -> dict[str, Any]:
    """One vertex's part in a checkpoint."""
    latest = max((t.time for t in tasks), default=-1)
    return {
        "id": row.checkpoint,
        "status": _STATUS[row.status],
        "latest_ack_timestamp": latest,
        "checkpointed_size": sum(t.new_bytes for t in tasks),
        "state_size": sum(t.size for t in tasks),
        "end_to_end_duration": max(0, latest - row.triggered_at) if latest >= 0 else -1,
        "alignment_buffered": 0,
        "processed_data": sum(t.metrics.processed_bytes for t in tasks),
        "persisted_data": sum(t.metrics.persisted_bytes for t in tasks),
        "num_subtasks": subtasks,
        "num_acknowledged_subtasks": len(tasks),
    }


def _statistics(row: CheckpointRow, tasks: Sequence[TaskStats]) -> dict[str, Any]:
    status = _STATUS[row.status]
    latest = max((row.latest_ack, *(t.time for t in tasks)))
    common = {
        "className": _CLASS[status],
        "id": row.checkpoint,
        "status": status,
        "is_savepoint": row.options.savepoint,
        "savepointFormat": "CANONICAL" if row.options.savepoint else None,
        "trigger_timestamp": row.triggered_at,
        "latest_ack_timestamp": latest or -1,
        "checkpointed_size": row.new_bytes or sum(t.new_bytes for t in tasks),
        "state_size": row.size or sum(t.size for t in tasks),
        "end_to_end_duration": _duration(row, latest),
        "alignment_buffered": 0,
        "processed_data": row.processed_bytes or sum(t.metrics.processed_bytes for t in tasks),
        "persisted_data": row.persisted_bytes or sum(t.metrics.persisted_bytes for t in tasks),
        "num_subtasks": row.tasks,
        "num_acknowledged_subtasks": max(row.acked, len(tasks)),
        "checkpoint_type": _type(row),
        "tasks": {},
    }
    if status == "COMPLETED":
        return {**common, "external_path": directory_of(row.path), "discarded": row.discarded}
    if status == "FAILED":
        return {**common, "failure_timestamp": row.failed_at or row.ended_at, "failure_message": row.failure}
    return common


def checkpoint_duration(row: CheckpointRow) -> int:
    """Ms from the trigger to the last acknowledgement, -1 while there is none."""
    return _duration(row, row.latest_ack)


def _duration(row: CheckpointRow, latest_ack: int) -> int:
    if row.status == "FAILED":
        return max(0, (row.failed_at or row.ended_at) - row.triggered_at)
    return max(0, latest_ack - row.triggered_at) if latest_ack else -1


def _type(row: CheckpointRow) -> str:
    if row.options.savepoint:
        return "SAVEPOINT" if row.options.stop == "none" else "SYNC_SAVEPOINT"
    return "UNALIGNED_CHECKPOINT" if row.options.unaligned else "CHECKPOINT"


def directory_of(path: str | None) -> str | None:
    """The folder of a metadata file: what Flink shows, and what `run -s` takes."""
    return path.removesuffix("/_metadata") if path else path
