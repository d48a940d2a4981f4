"""What makes a checkpoint fail, and what its failure means for the job. Source: Flink's `CheckpointFailureManager`."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CheckpointDeclined, EffectDone
from penstock.coordination.rows import CheckpointRow
from penstock.graph.execution_graph import Subtask
from penstock_jobmanager import checkpoint_abort, checkpoints, failure, log_retention
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager.job import Job


def on_declined(job: Job, event: CheckpointDeclined) -> None:
    """A subtask cannot do its part."""
    execution = rows.current(job, event.vertex, event.subtask, event.attempt)
    row = job.record.checkpoints.get(event.checkpoint)
    if execution is not None and row is not None and row.status == "PENDING":
        name = job.executions.task_name(event.vertex, event.subtask)
        located = replace(event.failure, message=f"{name} declined it: {event.failure.message}", task_name=name)
        _failed(job, row, replace(located, endpoint=execution.endpoint, taskmanager=execution.taskmanager))


def on_timeout(job: Job, checkpoint: int) -> None:
    """Not everybody has acknowledged it in time."""
    row = job.record.checkpoints.get(checkpoint)
    if row is not None and row.status in ("PENDING", "WRITING"):
        acked = job.record.acks.get(checkpoint, {})
        late = [job.executions.task_name(*s) for s in _taking_part(job) if s not in acked]
        waiting = f"; {', '.join(late[:3])}{' and more' if len(late) > 3 else ''} did not acknowledge" if late else ""
        seconds = job.options.checkpoints.timeout
        reason = f"it expired before completing ({seconds:g} s, execution.checkpointing.timeout){waiting}"
        _failed(job, row, Failure(message=reason))


def on_write_failed(job: Job, checkpoint: int, event: EffectDone) -> None:
    """Its metadata could not be written."""
    row = job.record.checkpoints.get(checkpoint)
    if row is not None and row.status == "WRITING":
        _failed(job, row, Failure(message=f"its metadata could not be written: {event.error}"))


def on_finished(job: Job, subtask: Subtask) -> None:
    """A task has ended that was still asked for its part: those behind it wait for a barrier that never comes. Begun
    again, this time with them as head tasks; nobody is to blame."""
    name = job.executions.task_name(*subtask)
    for row in rows.undecided(job):
        if row.status != "PENDING" or subtask in job.record.acks.get(row.checkpoint, {}):
            continue
        again = row.trigger is not None and rows.not_ready(job) is None
        ended = Failure(message=f"{name} finished before it could acknowledge")
        stop, rescale = job.row.stop, job.row.rescale
        checkpoint_abort.abort(job, row, ended, answered=not again)
        job.next_checkpoint = job.now.mono
        if again:
            number = job.record.counters.next_id
            options = row.options
            if row.owned and job.options.checkpoints.directory is not None:
                options = replace(options, directory=job.options.checkpoints.directory(number))
            checkpoints.trigger(job, options, owned=row.owned, request=row.trigger, cancels=row.cancels)
            if stop == row.checkpoint:
                job.change(stop=number)
            if rescale is not None and rescale.checkpoint == row.checkpoint:
                job.change(rescale=replace(rescale, checkpoint=number))


def _failed(job: Job, row: CheckpointRow, reason: Failure) -> None:
    """Abort it, and count it against the job."""
    checkpoint_abort.abort(job, row, reason)
    if row.options.stop == "drain":
        # its sources have ended: going on would be another job
        drained = f"the savepoint to stop with and drain has failed, and sources have ended for it: {reason.message}"
        failure.on_failure(job, replace(reason, message=drained))
        return
    if not row.options.savepoint:
        count_against(job, row, reason)
    log_retention.on_checkpoint_failed(job, row)


def count_against(job: Job, row: CheckpointRow, reason: Failure) -> None:
    """One more failure in a row; beyond the tolerable number the job fails."""
    failures = job.record.counters.consecutive_failures + 1
    rows.count(job, consecutive_failures=failures)
    if failures > job.options.checkpoints.tolerable_failures:
        rows.count(job, consecutive_failures=0)
        exceeded = (
            "Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to "
            f"{reason.message} (checkpoint {row.checkpoint}; execution.checkpointing.tolerable-failed-checkpoints)"
        )
        failure.on_failure(job, replace(reason, message=exceeded))


def _taking_part(job: Job) -> list[Subtask]:
    return [(e.vertex, e.subtask) for e in rows.live(job)]
