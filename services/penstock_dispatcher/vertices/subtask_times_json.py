"""`/jobs/:id/vertices/:vid/subtasktimes`: when each subtask entered each state. Pure."""

from typing import Any

from penstock.graph.job_graph import JobVertex
from penstock.graph.states import ExecutionState
from penstock_dispatcher.execution_times import execution_times
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.vertex_json import UNASSIGNED


def subtask_times(view: JobView, vertex: JobVertex) -> dict[str, Any]:
    """0 for a state that was not entered. Durations in ms, -1 before deployment."""
    return {
        "id": vertex.id,
        "name": vertex.name,
        "now": view.now,
        "subtasks": [
            {
                "subtask": row.subtask,
                "endpoint": row.endpoint or UNASSIGNED,
                "duration": execution_times(row, view.now)["duration"],
                "timestamps": {state.value: row.timestamps.get(state.value, 0) for state in ExecutionState},
            }
            for row in view.attempts(vertex)
        ],
    }
