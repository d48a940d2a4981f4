"""What is kept of input logs for task-local failover has a bound; what is done at half of it, at all of it, and where
the checkpoint that would let it go fails (docs/task-local-failover.md)."""

from penstock.coordination.messages import RetentionFull, RetentionHalf, RetentionOff
from penstock.coordination.rows import CheckpointRow
from penstock.graph.states import JobState
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager import checkpoints
from penstock_jobmanager.job import Job

_OFF = (
    "input logs are at penstock.failover.retained-size and the checkpoint failed: they are trimmed, and until a "
    "checkpoint is completed a failure restarts all tasks"
)


def arm(job: Job) -> None:
    """For one who takes over while producers wait."""
    if job.row.retention_full:
        checkpoints.hasten(job)


def on_half(job: Job, event: RetentionHalf) -> None:
    """A checkpoint lets it go."""
    if _counts(job, event):
        checkpoints.hasten(job)


def on_full(job: Job, event: RetentionFull) -> None:
    """Producers wait for the checkpoint that is under way, or for one that is triggered now."""
    if _counts(job, event):
        if not job.row.retention_full:
            job.change(retention_full=True)
        checkpoints.hasten(job)


def on_checkpoint_failed(job: Job, row: CheckpointRow) -> None:
    """The job goes on though a checkpoint has failed: nobody is to wait for the next one."""
    if not job.row.retention_full or job.row.state is not JobState.RUNNING or row.generation != job.row.generation:
        return
    first = job.record.counters.next_id
    job.change(retention_full=False, region_only=first, message=_OFF)
    off = RetentionOff(vertices=job.eligibility.retained, checkpoint=first, epoch=job.epoch, time=job.now.wall)
    rows.tell_all(job, off)


def on_completed(job: Job, row: CheckpointRow) -> None:
    """Logs are trimmed to it, and kept again from there."""
    if not rows.is_pointer(row) or row.generation != job.row.generation:
        return
    if job.row.region_only is not None and row.checkpoint >= job.row.region_only:
        job.change(region_only=None, message="")
    if job.row.retention_full:
        job.change(retention_full=False)


def _counts(job: Job, event: RetentionHalf | RetentionFull) -> bool:
    execution = rows.current(job, event.vertex, event.subtask, event.attempt)
    return execution is not None and job.eligibility.is_on and job.row.region_only is None
