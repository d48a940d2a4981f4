"""A rescaling that finds no slots: the job goes on at the parallelism that it had, or at the one asked for next."""

from msgspec.structs import replace

from penstock.coordination.messages import Failure, RescaleRequested
from penstock.coordination.rows import Rescale
from penstock.graph.rescaling import rescaled
from penstock.graph.states import JobState
from penstock_jobmanager import failure, restart, slots, trigger_rows
from penstock_jobmanager.effects import StoreGraph
from penstock_jobmanager.job import Job


def waits_for_slots(job: Job) -> bool:
    """Whether the job stands still, its savepoint taken, because its new parallelism needs slots that are not there."""
    change = job.row.rescale
    is_remade = change is not None and change.remade
    return is_remade and job.row.state is JobState.CREATED and bool(job.record.requests)


def on_requested(job: Job, event: RescaleRequested) -> None:
    """Another parallelism while the job waits for the slots of one. ValueError says why not."""
    change = _waiting(job)
    if event.parallelism == change.parallelism:
        raise ValueError(f"the job is being rescaled to {change.parallelism}")
    rescaled(job.graph, event.parallelism)
    trigger_rows.fail(job, change.trigger, Failure(message=f"{_missing(job)}; rescaled to {event.parallelism} instead"))
    _go_on(job, replace(change, trigger=event.trigger, parallelism=event.parallelism))


def on_missing(job: Job) -> bool:
    """The slots did not come in time. False: it is no rescaling that the job waits for, or nothing to go back to."""
    if not waits_for_slots(job):
        return False
    change = _waiting(job)
    if change.before in (0, change.parallelism):
        return False
    told = f"{_missing(job)}; the job goes on at parallelism {change.before}, as before"
    trigger_rows.fail(job, change.trigger, Failure(message=told))
    _go_on(job, replace(change, parallelism=change.before))
    return True


def _go_on(job: Job, change: Rescale) -> None:
    """From the same savepoint; nothing has run since."""
    job.change(rescale=replace(change, graph=None, remade=False))
    job.want(StoreGraph(parallelism=change.parallelism))
    restart.begin_rescaled(job)
    failure.stop_all(job)


def _waiting(job: Job) -> Rescale:
    assert job.row.rescale is not None
    return job.row.rescale


def _missing(job: Job) -> str:
    return slots.missing(job).message
