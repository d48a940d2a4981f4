"""Answers to users' requests, by the id that the dispatcher gave them. Source: Flink's asynchronous operations."""

from typing import Literal

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.rows import TriggerRow
from penstock_jobmanager.job import Job

Kind = Literal["checkpoint", "savepoint", "stop", "rescale"]

#: answers that are kept; the oldest ones go
KEPT = 64


def accept(job: Job, trigger: str, kind: Kind) -> None:
    """The request is under way."""
    _put(job, TriggerRow(trigger=trigger, kind=kind, state="IN_PROGRESS", time=job.now.wall))
    answered = [name for name, row in job.record.triggers.items() if row.state != "IN_PROGRESS"]
    for name in answered[: max(0, len(job.record.triggers) - KEPT)]:
        del job.record.triggers[name]
        job.decision.rows[f"trigger:{name}"] = None


def attach(job: Job, trigger: str | None, checkpoint: int) -> None:
    """The checkpoint that carries the request out."""
    _change(job, trigger, checkpoint=checkpoint)


def complete(job: Job, trigger: str | None, location: str | None) -> None:
    """It is done. Nothing for a checkpoint that nobody asked for, or a request that was answered."""
    _change(job, trigger, state="COMPLETED", location=location)


def fail(job: Job, trigger: str | None, failure: Failure) -> None:
    """It cannot be, and why."""
    _change(job, trigger, state="FAILED", failure=failure)


def open_triggers(job: Job) -> list[str]:
    """Requests without an answer."""
    return [name for name, row in job.record.triggers.items() if row.state == "IN_PROGRESS"]


def _change(job: Job, trigger: str | None, **changes: object) -> None:
    row = job.record.triggers.get(trigger or "")
    if row is not None and row.state == "IN_PROGRESS":
        _put(job, replace(row, **changes))


def _put(job: Job, row: TriggerRow) -> None:
    job.record.triggers[row.trigger] = row
    job.decision.rows[f"trigger:{row.trigger}"] = row
