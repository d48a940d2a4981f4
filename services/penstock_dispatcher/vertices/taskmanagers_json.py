"""`/jobs/:id/vertices/:vid/taskmanagers`: the subtasks of a vertex by the TaskManager that they are on. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from penstock.coordination.rows import ExecutionRow
from penstock.graph.execution_graph import combined_state
from penstock.graph.job_graph import JobVertex
from penstock.graph.states import ExecutionState
from penstock_dispatcher.execution_times import vertex_times
from penstock_dispatcher.io_metrics import io_metrics
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.vertex_json import UNASSIGNED, aggregated_details


def vertex_taskmanagers(view: JobView, vertex: JobVertex) -> dict[str, Any]:
    """Subtasks without a TaskManager yet stand together as one that is unassigned."""
    places: dict[str, list[ExecutionRow]] = {}
    for row in view.attempts(vertex):
        places.setdefault(row.taskmanager or UNASSIGNED, []).append(row)
    return {
        "id": vertex.id,
        "name": vertex.name,
        "now": view.now,
        "taskmanagers": [_place(view, taskmanager, rows) for taskmanager, rows in places.items()],
    }


def _place(view: JobView, taskmanager: str, rows: Sequence[ExecutionRow]) -> dict[str, Any]:
    counts = Counter(row.state for row in rows)
    states = {state: counts[state] for state in ExecutionState}
    # an endpoint is of a slot's process; which machine it is on is what its subtasks share
    host = (rows[0].endpoint or UNASSIGNED).rpartition(":")[0] or UNASSIGNED
    return {
        "endpoint": rows[0].endpoint or UNASSIGNED,
        "host": host,
        "taskmanager-id": taskmanager,
        "status": combined_state(states).value,
        **vertex_times(rows, view.now),
        "metrics": io_metrics([view.measured(row) for row in rows]),
        "status-counts": {state.value: count for state, count in states.items()},
        "aggregated": aggregated_details(view, rows),
    }
