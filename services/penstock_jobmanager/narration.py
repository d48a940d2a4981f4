"""What a committed decision says in the log: states of job and executions, checkpoints, failures with their place."""

import structlog

from penstock.coordination.rows import CheckpointRow, ExecutionRow, FailureRow, JobRow
from penstock.graph.execution_graph import ExecutionGraph
from penstock.graph.job_graph import JobGraph
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.eligibility import Eligibility

_log = structlog.get_logger(__name__)


def narrate(decision: Decision, executions: ExecutionGraph[ExecutionRow] | None) -> None:
    """Log a decision. `executions`: for the names of the tasks, where there is a graph."""
    for row in decision.rows.values():
        match row:
            case JobRow(state=state, message=message):
                _log.info("job", state=state, **({"message": message} if message else {}))
            case ExecutionRow(vertex=vertex, subtask=subtask, state=state, attempt=attempt, taskmanager=taskmanager):
                name = executions.task_name(vertex, subtask) if executions else f"{vertex} ({subtask + 1})"
                _log.info("execution", execution=name, attempt=attempt, state=state, taskmanager=taskmanager)
            case CheckpointRow() if row.status in ("COMPLETED", "FAILED") and not (row.mirrored or row.discarded):
                _log.info(
                    "checkpoint",
                    checkpoint=row.checkpoint,
                    status=row.status,
                    savepoint=row.options.savepoint,
                    size=row.size,
                    duration=row.ended_at - row.triggered_at,
                    **({"error": row.failure} if row.failure else {}),
                )
            case FailureRow(failure=failure, recovery=recovery):
                _log.warning(
                    "failure",
                    execution=failure.task_name,
                    taskmanager=failure.taskmanager,
                    error=failure.message,
                    traceback=failure.traceback,
                    **({"restarts": recovery} if recovery else {}),
                )


def narrate_eligibility(eligibility: Eligibility, graph: JobGraph) -> None:
    """Log which tasks may be restarted alone, for a job that wants it."""
    if not eligibility.wanted:
        return
    if eligibility.job:
        _log.warning("a failure restarts all tasks of the job", reason=eligibility.job)
        return
    for vertex in graph.vertices:
        reason = eligibility.vertices[vertex.id]
        if reason is None:
            _log.info("tasks are restarted alone", vertex=vertex.name)
        else:
            _log.warning("a failure of its tasks restarts all of the job", vertex=vertex.name, reason=reason)
