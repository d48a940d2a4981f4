"""What new attempts begin with: the newest checkpoint that can be used, else the savepoint the job was started from."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import RestoreRef, SavepointRead
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager.effects import ReadSavepoint, effect_id
from penstock_jobmanager.job import Job


class NoUsableCheckpointError(Exception):
    """The job had checkpoints, and none is left that can be restored."""


def choose(job: Job) -> RestoreRef | None:
    """None: from scratch, which is only for a job that never had a checkpoint. Raises NoUsableCheckpointError."""
    newest = next(iter(rows.pointers(job)), None)
    if newest is not None:
        return RestoreRef(checkpoint=newest.checkpoint, path=newest.path or "", checksum=newest.checksum)
    if job.record.counters.pointer is not None:
        unusable = ", ".join(str(n) for n, row in sorted(job.record.checkpoints.items()) if row.unusable)
        raise NoUsableCheckpointError(
            f"no usable checkpoint is left{f' ({unusable} unusable)' if unusable else ''}: the job does not begin from "
            "scratch by itself. Start it anew from a savepoint (execution.state-recovery.path) or without one"
        )
    return job.row.initial


def note(job: Job, ref: RestoreRef | None) -> None:
    """The attempts that are being deployed begin with it."""
    job.change(restore=ref)
    if ref is None:
        return
    row = job.record.checkpoints.get(ref.checkpoint)
    own = row is not None and row.path == ref.path
    rows.count(
        job,
        restored=job.record.counters.restored + 1,
        restored_id=ref.checkpoint,
        restored_at=job.now.wall,
        restored_path=ref.path,
        restored_savepoint=row.options.savepoint if own and row is not None else True,
    )


def read_savepoint(job: Job) -> None:
    """A new job that is to start from a savepoint has it looked at while it waits for its slots."""
    if job.options.savepoint is not None:
        job.want(ReadSavepoint(path=job.options.savepoint, allow_non_restored=job.options.allow_non_restored))


def is_waiting(job: Job) -> bool:
    """Whether it is not known yet if the savepoint to start from fits."""
    return any(isinstance(effect, ReadSavepoint) for effect in job.record.outbox.values())


def on_savepoint_read(job: Job, event: SavepointRead) -> Failure | None:
    """Why the job cannot start from its savepoint; None where it can."""
    if not is_waiting(job):
        return None
    job.no_longer_want(effect_id(ReadSavepoint(path=event.path)))
    if event.error is not None:
        return Failure(message=f"the job cannot start from {job.options.savepoint or event.path}: {event.error}")
    job.change(
        initial=RestoreRef(
            checkpoint=event.checkpoint,
            path=event.path,
            checksum=event.checksum,
            allow_non_restored=job.options.allow_non_restored,
        )
    )
    # as in Flink, ids go on behind the savepoint's: sinks commit in the order of checkpoints
    rows.count(job, next_id=max(job.record.counters.next_id, event.checkpoint + 1))
    return None


def names_unusable(job: Job, failure: Failure) -> bool:
    """Whether a task failed because what it was to be restored from cannot be used."""
    if job.row.restore is None:
        return False
    told = failure.unusable_checkpoint
    return told == job.row.restore.checkpoint or (told is None and failure.message.startswith("CheckpointUnusable"))


def mark_unusable(job: Job) -> None:
    """What the current attempts began with is not used again. Raises NoUsableCheckpointError where nothing is left."""
    ref = job.row.restore
    assert ref is not None
    row = job.record.checkpoints.get(ref.checkpoint)
    if row is None or row.path != ref.path:
        raise NoUsableCheckpointError(f"{ref.path}, which the job was started from, cannot be used")
    rows.put(job, replace(row, unusable=True))
    choose(job)
