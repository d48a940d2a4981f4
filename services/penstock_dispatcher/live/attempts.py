"""The attempts before the current ones, for the timeline of a job. Pure."""

from typing import Any

from penstock.coordination.rows import ExecutionRow, SubtaskMetrics
from penstock_dispatcher.job_view import JobView


def attempts(view: JobView) -> dict[str, Any]:
    """By vertex and subtask, the oldest first; times in ms; what a source has read counts as in.

    Subtasks that were never restarted are left out.
    """
    return {
        "vertices": {
            vertex.id: {
                str(subtask): [_attempt(row, view.measured(row)) for row in earlier]
                for subtask in range(vertex.parallelism)
                if (earlier := view.history(vertex.id, subtask))
            }
            for vertex in view.graph.vertices
        }
    }


def _attempt(row: ExecutionRow, measured: SubtaskMetrics | None) -> dict[str, Any]:
    return {
        "attempt": row.attempt,
        "epoch": row.epoch,
        "state": row.state.value,
        "taskmanager": row.taskmanager,
        "timestamps": row.timestamps,
        "failure": row.failure.message if row.failure else None,
        "records-in": measured.records_in + measured.records_read if measured else None,
        "records-out": measured.records_out if measured else None,
    }
