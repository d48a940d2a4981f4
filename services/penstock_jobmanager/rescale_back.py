"""A rescaling that finds no slots in time: the job goes on at the parallelism that it had."""

from penstock.coordination.failure import Failure
from penstock.coordination.rows import Rescale
from penstock_jobmanager import failure, rescale, slots, trigger_rows
from penstock_jobmanager.job import Job


def on_missing(job: Job) -> bool:
    """The slots did not come in time. False: it is no rescaling that the job waits for, or nothing to go back to."""
    change = job.row.rescale
    if change is None or not rescale.is_short_of_slots(job) or change.before in (0, change.parallelism):
        return False
    told = f"{slots.missing(job).message}; the job goes on at parallelism {change.before}, as before"
    trigger_rows.fail(job, change.trigger, Failure(message=told))
    rescale.turn(job, Rescale(trigger=change.trigger, parallelism=change.before, before=change.before))
    failure.on_redirected(job)
    return True
