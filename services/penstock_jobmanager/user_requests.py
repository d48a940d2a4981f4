"""Checkpoints, savepoints, stops, rescales that a user asks for. Source: Flink's `SchedulerBase.triggerSavepoint`."""

import xxhash

from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.failure import Failure
from penstock.coordination.messages import CheckpointRequested, RescaleRequested
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager import checkpoints, failure, rescale, trigger_rows
from penstock_jobmanager.job import Job


def on_checkpoint(job: Job, event: CheckpointRequested) -> None:
    """Begin it, or say at once why not. The same request again changes nothing."""
    if event.trigger in job.record.triggers:
        return
    kind: trigger_rows.Kind = "stop" if event.stop != "none" else "savepoint" if event.savepoint else "checkpoint"
    trigger_rows.accept(job, event.trigger, kind)
    reason = _refused(job)
    if reason is None:
        savepoint = event.savepoint or event.stop != "none"
        try:
            options = _savepoint(job, event) if savepoint else _checkpoint(job, event)
        except ValueError as error:
            reason = str(error)
        else:
            row = checkpoints.trigger(
                job, options, owned=not savepoint, request=event.trigger, cancels=event.cancel and event.stop == "none"
            )
            if event.stop != "none":
                job.change(stop=row.checkpoint)
    if reason is not None:
        trigger_rows.fail(job, event.trigger, Failure(message=reason))


def on_rescale(job: Job, event: RescaleRequested) -> None:
    """Begin it, or say at once why not."""
    if event.trigger in job.record.triggers:
        return
    trigger_rows.accept(job, event.trigger, "rescale")
    waits = rescale.is_short_of_slots(job) and not job.options.checkpoints.is_batch
    reason = None if waits else _refused(job)
    if reason is None:
        try:
            if not waits:
                rescale.on_requested(job, event)
            elif rescale.redirect(job, event):
                failure.on_redirected(job)
        except ValueError as error:
            reason = str(error)
    if reason is not None:
        trigger_rows.fail(job, event.trigger, Failure(message=reason))


def _refused(job: Job) -> str | None:
    """Why nothing of the kind can begin now."""
    if job.options.checkpoints.is_batch:
        return "a batch job has no checkpoints or savepoints"
    if job.row.stop is not None:
        return f"the job is being stopped with savepoint {job.row.stop}"
    if job.row.rescale is not None:
        return f"the job is being rescaled to {job.row.rescale.parallelism}"
    return rows.not_ready(job)


def _savepoint(job: Job, event: CheckpointRequested) -> CheckpointOptions:
    base = event.directory or job.options.checkpoints.savepoint_directory
    if base is None:
        raise ValueError(
            "Config key [execution.checkpointing.savepoint-dir] is not set. "
            "Property [target-directory] must be provided."
        )
    # the trigger is random, and the same when the request comes again
    suffix = xxhash.xxh3_64_hexdigest(event.trigger.encode())[:12]
    return CheckpointOptions(
        directory=job.options.checkpoints.savepoint_folder(base, job.id, suffix),
        savepoint=True,
        full=True,
        exactly_once=job.options.checkpoints.exactly_once,
        stop=event.stop,
        timestamp=job.now.wall,
    )


def _checkpoint(job: Job, event: CheckpointRequested) -> CheckpointOptions:
    if job.options.checkpoints.directory is None:
        raise ValueError(f"the job has no checkpoint storage: {job.options.checkpoints.no_storage}")
    return checkpoints.own_options(job, job.record.counters.next_id, full=event.full)
