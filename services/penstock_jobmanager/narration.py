"""What a committed decision says in the log: the states of the job and of its executions, failures with their place."""

import structlog

from penstock.coordination.rows import ExecutionRow, FailureRow, JobRow
from penstock.graph.execution_graph import ExecutionGraph
from penstock_jobmanager.decision import Decision

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
            case FailureRow(failure=failure):
                _log.warning(
                    "failure",
                    execution=failure.task_name,
                    taskmanager=failure.taskmanager,
                    error=failure.message,
                    traceback=failure.traceback,
                )
