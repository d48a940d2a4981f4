"""`/jobs/:id/checkpoints/details/:n/subtasks/:vid`: each subtask's part in a checkpoint. Pure. Times in ms."""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.coordination.rows import CheckpointRow, TaskStats
from penstock_dispatcher.checkpoint_json import task_statistics
from penstock_dispatcher.stats_summary import stats_summary


def checkpoint_subtasks(row: CheckpointRow, tasks: Sequence[TaskStats], subtasks: int) -> dict[str, Any]:
    """`tasks`: of this vertex; `subtasks`: how many it has."""
    acked = {t.subtask: t for t in tasks}
    count = max([subtasks, *(n + 1 for n in acked)])
    return {
        **task_statistics(row, tasks, subtasks),
        "summary": _summary(row, tasks),
        "subtasks": [_completed(row, acked[n]) if n in acked else _pending(n) for n in range(count)],
    }


def _completed(row: CheckpointRow, task: TaskStats) -> dict[str, Any]:
    metrics = task.metrics
    return {
        "className": "completed",
        "index": task.subtask,
        "status": "completed",
        "ack_timestamp": task.time,
        "end_to_end_duration": _duration(row, task),
        "checkpointed_size": task.new_bytes,
        "state_size": task.size,
        "checkpoint": {"sync": metrics.sync, "async": metrics.asynchronous},
        "alignment": {
            "buffered": 0,
            "processed": metrics.processed_bytes,
            "persisted": metrics.persisted_bytes,
            "duration": metrics.alignment,
        },
        "start_delay": metrics.start_delay,
        "unaligned_checkpoint": metrics.unaligned,
        "aborted": row.status == "FAILED",
    }


def _pending(subtask: int) -> dict[str, Any]:
    return {"className": "pending", "index": subtask, "status": "pending_or_failed"}


def _summary(row: CheckpointRow, tasks: Sequence[TaskStats]) -> dict[str, Any]:
    def over(value: Callable[[TaskStats], int]) -> dict[str, int | float | str]:
        return stats_summary(value(task) for task in tasks)

    return {
        "checkpointed_size": over(lambda t: t.new_bytes),
        "state_size": over(lambda t: t.size),
        "end_to_end_duration": over(lambda t: _duration(row, t)),
        "checkpoint_duration": {
            "sync": over(lambda t: t.metrics.sync),
            "async": over(lambda t: t.metrics.asynchronous),
        },
        "alignment": {
            "buffered": over(lambda t: 0),
            "processed": over(lambda t: t.metrics.processed_bytes),
            "persisted": over(lambda t: t.metrics.persisted_bytes),
            "duration": over(lambda t: t.metrics.alignment),
        },
        "start_delay": over(lambda t: t.metrics.start_delay),
    }


def _duration(row: CheckpointRow, task: TaskStats) -> int:
    return max(0, task.time - row.triggered_at)
