"""The same job at another parallelism: suspended with a savepoint of its own, made anew, restored from it."""

from msgspec.structs import replace

from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.failure import Failure
from penstock.coordination.messages import EffectDone, GraphStored, RescaleRequested
from penstock.coordination.rows import Rescale
from penstock.graph.rescaling import default_parallelism, rescaled
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import checkpoints, trigger_rows
from penstock_jobmanager.effects import StoreGraph, effect_id
from penstock_jobmanager.job import Job


def on_requested(job: Job, event: RescaleRequested) -> None:
    """Begin with the savepoint; nothing is in the way of one. ValueError says why the job cannot be rescaled."""
    config = job.options.checkpoints
    if config.directory is None:
        raise ValueError(f"rescaling needs checkpoint storage for its savepoint: {config.no_storage}")
    rescaled(job.graph, event.parallelism)
    before = default_parallelism(job.graph)
    if event.parallelism == before:
        trigger_rows.complete(job, event.trigger, None)
        return
    checkpoint = job.record.counters.next_id
    options = CheckpointOptions(
        directory=config.directory(checkpoint),
        savepoint=True,
        full=True,
        exactly_once=config.exactly_once,
        stop="suspend",
        timestamp=job.now.wall,
    )
    job.change(
        rescale=Rescale(trigger=event.trigger, parallelism=event.parallelism, checkpoint=checkpoint, before=before)
    )
    checkpoints.trigger(job, options, request=event.trigger)
    job.want(StoreGraph(parallelism=event.parallelism))


def is_short_of_slots(job: Job) -> bool:
    """Whether nothing of the job runs, as slots are missing: another parallelism takes no savepoint."""
    return job.row.state is JobState.CREATED and bool(job.record.requests)


def redirect(job: Job, event: RescaleRequested) -> bool:
    """A job that waits for slots takes another parallelism, in the place of a rescale that waits for them too.

    Whether its executions have to be made anew. ValueError says why not.
    """
    earlier = job.row.rescale
    rescaled(job.graph, event.parallelism)
    if event.parallelism == default_parallelism(job.graph):
        if earlier is not None:
            raise ValueError(f"the job is being rescaled to {event.parallelism} already, {job.row.message}")
        trigger_rows.complete(job, event.trigger, None)
        return False
    if earlier is not None:
        overtaken = f"overtaken by a rescale to {event.parallelism}, as slots for {earlier.parallelism} were missing"
        trigger_rows.fail(job, earlier.trigger, Failure(message=overtaken))
    before = earlier.before if earlier is not None else default_parallelism(job.graph)
    turn(job, Rescale(trigger=event.trigger, parallelism=event.parallelism, before=before))
    return True


def turn(job: Job, change: Rescale) -> None:
    """To another parallelism without a savepoint: nothing has run since the last one."""
    job.change(rescale=change)
    job.want(StoreGraph(parallelism=change.parallelism))


def is_stopped(job: Job) -> bool:
    """Whether all tasks have finished because they were suspended to be rescaled."""
    if job.row.rescale is None or job.row.rescale.remade or job.row.rescale.checkpoint is None:
        return False
    savepoint = job.record.checkpoints.get(job.row.rescale.checkpoint)
    all_finished = all(e.state is ExecutionState.FINISHED for e in job.record.executions.values())
    return all_finished and savepoint is not None and savepoint.status == "COMPLETED"


def is_waiting(job: Job) -> bool:
    """Whether the new graph is not stored yet."""
    return job.row.rescale is not None and not job.row.rescale.remade and job.row.rescale.graph is None


def on_graph_stored(job: Job, event: GraphStored) -> None:
    """The graph to go on with is a blob."""
    job.no_longer_want(effect_id(StoreGraph(parallelism=event.parallelism)))
    change = job.row.rescale
    if change is not None and not change.remade and change.parallelism == event.parallelism and change.graph is None:
        job.change(rescale=replace(change, graph=event.graph))


def on_store_failed(job: Job, event: EffectDone) -> None:
    """Once suspended, the job goes on as it was."""
    change = job.row.rescale
    if change is not None and change.graph is None:
        trigger_rows.fail(job, change.trigger, Failure(message=f"the new graph could not be stored: {event.error}"))
        as_it_was = default_parallelism(job.graph)
        job.change(rescale=replace(change, graph=job.row.graph, parallelism=as_it_was, before=0))


def remake(job: Job) -> None:
    """The executions are being made anew: from now on with the other graph."""
    change = job.row.rescale
    if change is None or change.remade or change.graph is None:
        return
    if change.checkpoint is not None:
        savepoint = job.record.checkpoints.get(change.checkpoint)
        if savepoint is None or savepoint.status != "COMPLETED":
            return
    if change.graph != job.row.graph:
        job.adopt(rescaled(job.graph, change.parallelism))
    job.change(graph=change.graph, rescale=replace(change, remade=True))


def on_deployed(job: Job) -> None:
    """The job runs at its new parallelism."""
    change = job.row.rescale
    if change is not None and change.remade:
        trigger_rows.complete(job, change.trigger, None)
        job.change(rescale=None)
