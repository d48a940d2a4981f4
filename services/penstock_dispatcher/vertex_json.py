"""`/jobs/:id/vertices/:vid`: a vertex with its subtasks. Pure."""

from typing import Any

from penstock.coordination.rows import ExecutionRow
from penstock.graph.job_graph import JobVertex
from penstock_dispatcher.execution_times import execution_times, status_durations
from penstock_dispatcher.io_metrics import aggregated_metrics, io_metrics, statistics
from penstock_dispatcher.job_view import JobView

_UNASSIGNED = "(unassigned)"


def vertex_details(view: JobView, vertex: JobVertex) -> dict[str, Any]:
    """The whole resource."""
    attempts = view.attempts(vertex)
    durations = [status_durations(e, view.now) for e in attempts]
    return {
        "id": vertex.id,
        "name": vertex.name,
        "parallelism": vertex.parallelism,
        "maxParallelism": vertex.max_parallelism,
        "now": view.now,
        "subtasks": [_subtask(view, e) for e in attempts],
        "aggregated": {
            "metrics": aggregated_metrics(view.measured(e) for e in attempts),
            "status-duration": {
                state: statistics([d[state] for d in durations if d[state] >= 0]) for state in durations[0]
            },
        },
    }


def _subtask(view: JobView, row: ExecutionRow) -> dict[str, Any]:
    times = execution_times(row, view.now)
    return {
        "subtask": row.subtask,
        "status": row.state.value,
        "attempt": row.attempt,
        "endpoint": row.endpoint or _UNASSIGNED,
        **times,
        "start_time": times["start-time"],
        "metrics": io_metrics([view.measured(row)]),
        "taskmanager-id": row.taskmanager or _UNASSIGNED,
        "status-duration": status_durations(row, view.now),
        "other-concurrent-attempts": [],
    }
