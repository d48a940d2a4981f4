"""The resources of a job as Flink's JSON: `/jobs/:id`, `/jobs/overview`, `/jobs/:id/config`. Pure."""

from collections import Counter
from typing import Any

from penstock.client.config import Configuration, execution
from penstock.coordination.rows import ExecutionRow
from penstock.graph.job_graph import JobVertex
from penstock.graph.states import ExecutionState, JobState
from penstock_dispatcher.execution_times import vertex_times
from penstock_dispatcher.io_metrics import io_metrics
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.plan_json import job_plan
from penstock_dispatcher.restart_description import restart_strategy


def overview_item(view: JobView) -> dict[str, Any]:
    """An element of `/jobs/overview`."""
    row = view.row
    counts = Counter(e.state for vertex in view.graph.vertices for e in view.attempts(vertex))
    return {
        "jid": row.job,
        "name": row.name,
        "jobType": view.graph.job_type,
        "schedulerType": "Default",
        "start-time": row.start_time,
        "end-time": row.end_time,
        "duration": view.duration,
        "state": row.state.value,
        "last-modification": view.last_modification,
        "tasks": {"total": counts.total(), **{s.value.lower(): counts[s] for s in ExecutionState}},
        "pending-operators": 0,
        "message": row.message,
    }


def job_details(view: JobView, application: str) -> dict[str, Any]:
    """`/jobs/:id`. `application`: the id of its program."""
    row, graph = view.row, view.graph
    vertices = [_vertex(view, vertex) for vertex in graph.vertices]
    counts = Counter(view.executions.vertex_state(vertex.id).value for vertex in graph.vertices)
    return {
        "jid": row.job,
        "name": row.name,
        "application-id": application,
        "isStoppable": False,
        "state": row.state.value,
        "job-type": graph.job_type,
        "schedulerType": "Default",
        "start-time": row.start_time,
        "end-time": row.end_time,
        "duration": view.duration,
        "maxParallelism": max((v.max_parallelism for v in graph.vertices), default=-1),
        "now": view.now,
        "timestamps": {s.value: row.timestamps.get(s.value, 0) for s in JobState},
        "vertices": vertices,
        "status-counts": {s.value: counts[s.value] for s in ExecutionState},
        "plan": job_plan(graph),
        "pending-operators": 0,
        "message": row.message,
    }


def _vertex(view: JobView, vertex: JobVertex) -> dict[str, Any]:
    attempts = view.attempts(vertex)
    return {
        "id": vertex.id,
        "slotSharingGroupId": vertex.slot_sharing_group,
        "name": vertex.name,
        "maxParallelism": vertex.max_parallelism,
        "parallelism": vertex.parallelism,
        "status": view.executions.vertex_state(vertex.id).value,
        **vertex_times(attempts, view.now),
        "tasks": _task_counts(attempts),
        "metrics": io_metrics([view.measured(e) for e in attempts]),
    }


def _task_counts(attempts: list[ExecutionRow]) -> dict[str, int]:
    counts = Counter(e.state for e in attempts)
    return {state.value: counts[state] for state in ExecutionState}


def job_config(view: JobView, configuration: Configuration) -> dict[str, Any]:
    """`/jobs/:id/config`. `configuration`: the job's effective one."""
    own = Configuration(view.graph.configuration)
    parameters = own.find(execution.GLOBAL_JOB_PARAMETERS) or {}
    parallelism = own.get(execution.PARALLELISM) if own.is_set(execution.PARALLELISM) else None
    return {
        "jid": view.row.job,
        "name": view.row.name,
        "execution-config": {
            "execution-mode": "PIPELINED",
            "restart-strategy": restart_strategy(configuration),
            "job-parallelism": parallelism or max(v.parallelism for v in view.graph.vertices),
            "object-reuse-mode": False,
            "user-config": parameters,
        },
    }
