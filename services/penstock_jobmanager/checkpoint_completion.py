"""The last steps of a checkpoint: metadata, pointer, mirror, then everybody is told and what it replaces goes."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import EffectDone, MetadataWritten, NotifyCheckpointComplete
from penstock.graph.states import JobState
from penstock_jobmanager import checkpoint_abort, checkpoint_failure, checkpoints, failure, log_retention, trigger_rows
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager.effects import MirrorPointer, WriteMetadata, effect_id
from penstock_jobmanager.job import Job

MIRROR_TIMER = "mirror:"  #: and the checkpoint

#: seconds until the mirror is tried again
_MIRROR_AGAIN = 1.0


def arm(job: Job) -> None:
    """For one who takes over: a mirror that could not be written is tried again."""
    newest = next(iter(rows.pointers(job)), None)
    if newest is not None and not newest.mirrored:
        job.arm(f"{MIRROR_TIMER}{newest.checkpoint}", _MIRROR_AGAIN)


def on_metadata_written(job: Job, event: MetadataWritten) -> None:
    """WRITING -> COMPLETED: from this commit on the job can be restored from it."""
    expected = job.no_longer_want(effect_id(WriteMetadata(checkpoint=event.checkpoint)))
    row = job.record.checkpoints.get(event.checkpoint)
    if not expected or row is None or row.status != "WRITING":
        return
    checkpoints.disarm(job, row.checkpoint)
    row = rows.put(
        job,
        replace(row, status="COMPLETED", path=event.path, checksum=event.checksum, ended_at=job.now.wall),
    )
    counters = job.record.counters
    rows.count(job, completed=counters.completed + 1, last_ended=job.now.wall)
    ended = [s for s, ack in job.record.acks.get(row.checkpoint, {}).items() if ack.state.ended]
    rows.acks_to_statistics(job, row.checkpoint)
    log_retention.on_completed(job, row)
    if rows.is_pointer(row):
        for subtask in ended:
            job.put_execution(replace(job.record.executions[subtask], finishing=True))
        rows.count(job, pointer=row.checkpoint)
        _supersede(job, row.checkpoint)
        job.want(MirrorPointer(checkpoint=row.checkpoint))
    else:
        trigger_rows.complete(job, row.trigger, row.options.directory)
        if row.cancels:
            failure.on_cancel(job)
    checkpoint_abort.trim_history(job)


def on_mirrored(job: Job, checkpoint: int, event: EffectDone) -> None:
    """The mirror is in storage, or could not be written: then it is tried again, and nobody is told before."""
    row = job.record.checkpoints.get(checkpoint)
    if row is None or row.checkpoint != job.record.counters.pointer:
        return
    if event.error is not None:
        job.arm(f"{MIRROR_TIMER}{checkpoint}", _MIRROR_AGAIN)
        if job.row.state is JobState.RUNNING:
            unmirrored = f"the pointer to it could not be written to checkpoint storage: {event.error}"
            checkpoint_failure.count_against(job, row, Failure(message=unmirrored))
        return
    rows.count(job, consecutive_failures=0)
    for older in rows.pointers(job):
        if not older.mirrored:
            rows.put(job, replace(older, mirrored=True))
            if older.options.stop == "none":
                trigger_rows.complete(job, older.trigger, older.options.directory)
    if row.generation == job.row.generation and job.row.state is JobState.RUNNING:
        rows.tell_all(job, NotifyCheckpointComplete(checkpoint=checkpoint, epoch=job.epoch, time=job.now.wall))
    _discard_subsumed(job)


def on_mirror_timer(job: Job, checkpoint: int) -> None:
    """Once more, unless a newer one was completed meanwhile."""
    row = job.record.checkpoints.get(checkpoint)
    if row is not None and not row.mirrored and row.checkpoint == job.record.counters.pointer:
        job.want(MirrorPointer(checkpoint=checkpoint))


def _supersede(job: Job, checkpoint: int) -> None:
    """Older ones that are not decided yet have no use any more, and the mirror of an older one neither."""
    for row in rows.undecided(job):
        if row.checkpoint < checkpoint and rows.is_pointer(row):
            checkpoint_abort.abort(job, row, Failure(message=f"checkpoint {checkpoint} has subsumed it"))
    for row in rows.pointers(job):
        if row.checkpoint < checkpoint:
            job.no_longer_want(effect_id(MirrorPointer(checkpoint=row.checkpoint)))


def _discard_subsumed(job: Job) -> None:
    """Own checkpoints beyond the retained ones. The newest is mirrored, and all of its attempts have begun."""
    own = [row for row in rows.pointers(job) if row.owned]
    for row in own[job.options.checkpoints.num_retained :]:
        rows.discard(job, row)
    unusable = [r for r in job.record.checkpoints.values() if r.unusable and r.owned and not r.discarded]
    for row in unusable:
        rows.discard(job, row)
