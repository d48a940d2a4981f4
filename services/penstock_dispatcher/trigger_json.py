"""Where an asynchronous operation stands, as Flink's JSON. Pure."""

from typing import Any

from penstock.coordination.failure import Failure
from penstock.coordination.rows import TriggerRow
from penstock_dispatcher.checkpoint_json import directory_of
from penstock_dispatcher.serialized_throwable import failure_cause

#: where a FAILED row has no reason
_UNKNOWN = Failure(message="the JobMaster gave no reason")


def savepoint_operation(row: TriggerRow) -> dict[str, Any]:
    """`{"status", "operation"}` with `location`, or `failure-cause`."""
    return _operation(row, {"location": directory_of(row.location)}, "failure-cause")


def checkpoint_operation(row: TriggerRow) -> dict[str, Any]:
    """The same with `checkpointId`, or `failureCause`."""
    return _operation(row, {"checkpointId": row.checkpoint}, "failureCause")


def plain_operation(row: TriggerRow) -> dict[str, Any]:
    """The same with nothing, or `failure-cause`."""
    return _operation(row, {}, "failure-cause")


def _operation(row: TriggerRow, result: dict[str, Any], cause: str) -> dict[str, Any]:
    match row.state:
        case "IN_PROGRESS":
            return in_progress()
        case "COMPLETED":
            return completed(result)
        case "FAILED":
            return completed({cause: failure_cause(row.failure or _UNKNOWN)})


def in_progress() -> dict[str, Any]:
    return {"status": {"id": "IN_PROGRESS"}, "operation": None}


def completed(operation: dict[str, Any]) -> dict[str, Any]:
    return {"status": {"id": "COMPLETED"}, "operation": operation}
