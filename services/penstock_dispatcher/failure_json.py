"""`/jobs/:id/exceptions` and `/jobs/:id/execution-result`: how a job ended. Pure."""

from collections.abc import Mapping
from typing import Any

from penstock.coordination.failure import Failure
from penstock.coordination.rows import FailureRow
from penstock.graph.states import JobState
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.serialized_throwable import failure_cause

_APPLICATION_STATUS = {
    JobState.FINISHED: "SUCCEEDED",
    JobState.FAILED: "FAILED",
    JobState.CANCELED: "CANCELED",
}


def exception_name(failure: Failure) -> str:
    """`ValueError` of "ValueError: bad line"."""
    return failure.message.partition(":")[0].strip()


def stacktrace(failure: Failure) -> str:
    """The traceback, the user's frames first; the message where there is none."""
    return failure.traceback or failure.message


def job_exceptions(view: JobView, max_exceptions: int, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The newest first. `root-exception` and the like are Flink 1's, which older clients read.

    `labels`: only failures that have all of these. Nothing here labels failures, so any one leaves none.
    """
    history = [] if labels else _history(view)
    entries = history[:max_exceptions]
    truncated = len(history) > max_exceptions
    root = view.row.root_failure
    root_time = next((f.time for f in view.failures if f.failure == root), view.row.end_time)
    return {
        "exceptionHistory": {"entries": entries, "truncated": truncated},
        "root-exception": stacktrace(root) if root else None,
        "timestamp": root_time if root else None,
        "all-exceptions": [
            {
                "exception": e["stacktrace"],
                "task": e["taskName"],
                "location": e["endpoint"],
                "endpoint": e["endpoint"],
                "timestamp": e["timestamp"],
                "taskManagerId": e["taskManagerId"],
            }
            for e in entries
        ],
        "truncated": truncated,
    }


def _history(view: JobView) -> list[dict[str, Any]]:
    """The root failures, each with those that came while the job was being stopped for it."""
    entries: list[dict[str, Any]] = []
    for row in view.failures:
        entry = _entry(row)
        if row.concurrent and entries:
            entries[-1]["concurrentExceptions"].append(entry)
        else:
            entries.append({**entry, "concurrentExceptions": []})
    root = view.row.root_failure
    if root is not None and not entries:
        time = max(view.row.end_time, view.last_modification)
        entries.append({**_entry(FailureRow(time=time, failure=root)), "concurrentExceptions": []})
    return entries[::-1]


def _entry(row: FailureRow) -> dict[str, Any]:
    failure = row.failure
    return {
        "exceptionName": exception_name(failure),
        "stacktrace": stacktrace(failure),
        "timestamp": row.time,
        "failureLabels": {},
        "taskName": failure.task_name,
        "endpoint": failure.endpoint,
        "taskManagerId": failure.taskmanager,
    }


def execution_result(view: JobView) -> dict[str, Any]:
    """COMPLETED with the result once the job is terminal."""
    row = view.row
    if not row.state.is_terminal:
        return {"status": {"id": "IN_PROGRESS"}, "job-execution-result": None}
    result: dict[str, Any] = {
        "id": row.job,
        "name": row.name,
        "application-status": _APPLICATION_STATUS.get(row.state, "UNKNOWN"),
        "accumulator-results": {},
        "net-runtime": view.duration,
        "start-time": row.start_time,
        "end-time": row.end_time,
    }
    if row.root_failure is not None and row.state is JobState.FAILED:
        result["failure-cause"] = failure_cause(row.root_failure)
    return {"status": {"id": "COMPLETED"}, "job-execution-result": result}
