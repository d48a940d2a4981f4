"""Messages and shorthands about checkpoints, for the tests of the JobMaster."""

from penstock.checkpoint.handles import SubtaskState
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    AckMetrics,
    CheckpointAcked,
    CheckpointDeclined,
    CheckpointRequested,
    EffectDone,
    InputExhausted,
    MetadataWritten,
    SlotCommand,
)
from penstock.coordination.rows import CheckpointRow
from penstock_jobmanager.decision import Decision, ToSlot
from penstock_jobmanager.job_master import JobMaster
from tests.unit.jobmanager.jobs import at


def acked(checkpoint: int, vertex: str, subtask: int, attempt: int = 0, size: int = 10) -> CheckpointAcked:
    return CheckpointAcked(
        checkpoint=checkpoint,
        vertex=vertex,
        subtask=subtask,
        attempt=attempt,
        state=SubtaskState(size=size, new_bytes=1),
        metrics=AckMetrics(processed_bytes=3, persisted_bytes=2),
    )


def declined(checkpoint: int, vertex: str, subtask: int, attempt: int = 0) -> CheckpointDeclined:
    failure = Failure(message="OSError: disk full", traceback="tb")
    return CheckpointDeclined(checkpoint=checkpoint, vertex=vertex, subtask=subtask, attempt=attempt, failure=failure)


def exhausted(vertex: str, subtask: int, attempt: int = 0) -> InputExhausted:
    return InputExhausted(vertex=vertex, subtask=subtask, attempt=attempt)


def written(checkpoint: int, directory: str | None = None) -> MetadataWritten:
    path = f"{directory or f'/c/chk-{checkpoint}'}/_metadata"
    return MetadataWritten(checkpoint=checkpoint, path=path, size=100, checksum="sum")


def mirrored(checkpoint: int, error: str | None = None) -> EffectDone:
    return EffectDone(effect=f"mirror-pointer:{checkpoint}", error=error)


#: the end of the job stands in checkpoint storage
END_MIRRORED = EffectDone(effect="mirror-terminal")


def asked(trigger: str = "t", **what: object) -> CheckpointRequested:
    return CheckpointRequested(**{"trigger": trigger, "savepoint": True, **what})  # type: ignore[arg-type]


def ack_all(made: JobMaster, checkpoint: int, seconds: float) -> Decision:
    """Every live task acknowledges; the last decision."""
    decision = Decision()
    for (vertex, subtask), execution in list(made.record.executions.items()):
        if not execution.state.is_terminal:
            decision = made.handle(acked(checkpoint, vertex, subtask, execution.attempt), at(seconds))
    return decision


def complete(made: JobMaster, checkpoint: int, seconds: float) -> Decision:
    """Acknowledged, written, mirrored; the last decision."""
    ack_all(made, checkpoint, seconds)
    made.handle(written(checkpoint), at(seconds))
    return made.handle(mirrored(checkpoint), at(seconds))


def commands(decision: Decision, kind: type[SlotCommand]) -> list[SlotCommand]:
    return [op.command for op in decision.ops if isinstance(op, ToSlot) and isinstance(op.command, kind)]


def row(made: JobMaster, checkpoint: int) -> CheckpointRow:
    return made.record.checkpoints[checkpoint]
