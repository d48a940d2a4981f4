"""`/jobs/:id/vertices/:vid`: a vertex with its subtasks. Pure."""

from collections.abc import Sequence
from typing import Any

from penstock.coordination.rows import ExecutionRow
from penstock.graph.job_graph import JobVertex
from penstock_dispatcher.execution_times import execution_times, status_durations
from penstock_dispatcher.io_metrics import aggregated_metrics, io_metrics, statistics
from penstock_dispatcher.job_view import JobView

UNASSIGNED = "(unassigned)"


def vertex_details(view: JobView, vertex: JobVertex) -> dict[str, Any]:
    """The whole resource."""
    attempts = view.attempts(vertex)
    return {
        "id": vertex.id,
        "name": vertex.name,
        "parallelism": vertex.parallelism,
        "maxParallelism": vertex.max_parallelism,
        "now": view.now,
        "subtasks": [subtask_details(view, e) for e in attempts],
        "aggregated": aggregated_details(view, attempts),
    }


def aggregated_details(view: JobView, attempts: Sequence[ExecutionRow]) -> dict[str, Any]:
    """Statistics over attempts, of which there is at least one."""
    durations = [status_durations(e, view.now) for e in attempts]
    return {
        "metrics": aggregated_metrics(view.measured(e) for e in attempts),
        "status-duration": {
            state: statistics([d[state] for d in durations if d[state] >= 0]) for state in durations[0]
        },
    }


def subtask_details(view: JobView, row: ExecutionRow) -> dict[str, Any]:
    """An attempt of a subtask. There are no concurrent ones: nothing is executed speculatively."""
    times = execution_times(row, view.now)
    return {
        "subtask": row.subtask,
        "status": row.state.value,
        "attempt": row.attempt,
        "endpoint": row.endpoint or UNASSIGNED,
        **times,
        "start_time": times["start-time"],
        "metrics": io_metrics([view.measured(row)]),
        "taskmanager-id": row.taskmanager or UNASSIGNED,
        "status-duration": status_durations(row, view.now),
        "other-concurrent-attempts": [],
    }
