"""A checkpoint that will not be: its tasks, its barriers and its files are told, and whoever asked for it."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import NotifyCheckpointAborted
from penstock.coordination.rows import CheckpointRow
from penstock.graph.states import JobState
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager import checkpoints, trigger_rows
from penstock_jobmanager.effects import CancelBarriers, DiscardCheckpoint, WriteMetadata, effect_id
from penstock_jobmanager.job import Job


def abort(job: Job, row: CheckpointRow, failure: Failure, *, answered: bool = True) -> None:
    """PENDING or WRITING -> FAILED. `answered`: the user's request, where there is one, fails with it."""
    job.no_longer_want(effect_id(WriteMetadata(checkpoint=row.checkpoint)))
    checkpoints.disarm(job, row.checkpoint)
    rows.put(
        job,
        replace(row, status="FAILED", failure=failure.message, failed_at=job.now.wall, ended_at=job.now.wall),
    )
    rows.count(job, failed=job.record.counters.failed + 1)
    rows.acks_to_statistics(job, row.checkpoint)
    if job.row.state is JobState.RUNNING:
        rows.tell_all(job, NotifyCheckpointAborted(checkpoint=row.checkpoint, epoch=job.epoch, time=job.now.wall))
        job.want(CancelBarriers(checkpoint=row.checkpoint, generation=row.generation))
    job.want(DiscardCheckpoint(checkpoint=row.checkpoint, directory=row.options.directory))
    if job.row.stop == row.checkpoint:
        job.change(stop=None)
    if job.row.rescale is not None and job.row.rescale.checkpoint == row.checkpoint:
        job.change(rescale=None)
    if answered:
        trigger_rows.fail(job, row.trigger, failure)
    trim_history(job)


def abort_all(job: Job, failure: Failure) -> None:
    """The attempts that take part in them are over, or about to be."""
    for row in rows.undecided(job):
        abort(job, row, failure)


def trim_history(job: Job) -> None:
    """Rows beyond the bound go, the oldest first; what can be restored stays, and the newest of each outcome."""
    decided = [row for _, row in sorted(job.record.checkpoints.items()) if row.status in ("COMPLETED", "FAILED")]
    excess = len(decided) - job.options.checkpoints.history
    if excess <= 0:
        return
    kept = {row.checkpoint for row in rows.pointers(job)} | {job.record.counters.restored_id, job.row.stop}
    kept |= {
        checkpoint
        for checkpoint, row in job.record.checkpoints.items()
        if row.status == "COMPLETED" and rows.is_pointer(row) and not row.mirrored
    }
    newest: dict[tuple[str, bool], int] = {(row.status, row.options.savepoint): row.checkpoint for row in decided}
    kept |= set(newest.values())
    for row in decided[:excess]:
        if row.checkpoint not in kept:
            rows.drop(job, row.checkpoint)
