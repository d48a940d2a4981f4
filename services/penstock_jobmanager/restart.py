"""A job starts again: all tasks stop, live slots are kept, and one commit gives every execution a new attempt."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import SlotRequestsCancelled
from penstock.coordination.restart_strategy import after_failure
from penstock.coordination.rows import AllocationRow, ExecutionRow
from penstock.graph.execution_graph import Subtask
from penstock.graph.rescaling import parallelisms
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import checkpoint_abort, deployment, rescale, slots
from penstock_jobmanager.decision import ToResourceManager
from penstock_jobmanager.effects import CreateLogs, DeleteLogs, effect_id
from penstock_jobmanager.job import CANCELLATION_TIMER, Job

RESTART_TIMER = "restart"


def arm(job: Job) -> None:
    """For one who takes over while the job waits."""
    due = job.record.restart.due
    if job.row.state is JobState.RESTARTING and due is not None and due > job.now.wall:
        job.arm(RESTART_TIMER, remaining(job, due))


def remaining(job: Job, due: int) -> float:
    """Seconds until then, at most the longest pause there is: clocks may differ."""
    longest = max(job.options.restart.delay, job.options.restart.max_delay) / 1000
    return min((due - job.now.wall) / 1000, longest)


def decide(job: Job, failure: Failure, *, lost_process: bool, at_once: bool) -> bool:
    """Whether the job starts again after a failure: the strategy's word, which is not asked where `at_once`."""
    if at_once:
        # tasks that were to be restarted alone may have a pause before them
        due = job.record.restart.due
        _enter(job, 0 if due is None else max(0, due - job.now.wall), f"restarting after {failure.message}")
        return True
    remembered, delay = after_failure(
        job.options.restart, job.record.restart, job.now.wall, lost_process=lost_process, seed=job.id
    )
    job.put_restart(remembered)
    if delay is None:
        return False
    _enter(job, delay, f"restarting in {delay / 1000:g} s after {failure.message}")
    return True


def begin_rescaled(job: Job) -> None:
    """No task runs, or is about to: -> RESTARTING, as after a failure."""
    _enter(job, 0, "rescaling")


def settle(job: Job) -> None:
    """All tasks are over: go on once the pause is, and once the graph to go on with is there."""
    if RESTART_TIMER not in job.timers and not rescale.is_waiting(job):
        remake(job)


def remake(job: Job) -> None:
    """RESTARTING -> CREATED. Slots that are missing are asked for; where none is, the input logs are next."""
    # nothing of the attempts before may be part of a checkpoint any more
    checkpoint_abort.abort_all(job, Failure(message="the job was restarted"))
    _leave_logs(job)
    job.disarm(RESTART_TIMER)
    job.disarm(CANCELLATION_TIMER)
    job.put_restart(replace(job.record.restart, due=None))
    rescale.remake(job)
    kept = _keep_slots(job)
    wanted = {subtask for slot in job.slots for subtask in slot}
    for subtask in list(job.record.executions):
        if subtask not in wanted:
            job.drop_execution(subtask)
    newest = max((e.attempt for e in job.record.executions.values()), default=-1)
    for place, subtasks in enumerate(job.slots):
        for subtask in subtasks:
            next_attempt(job, subtask, kept.get(place), newest)
    # other logs: nothing of them was trimmed
    changes = {"generation": job.row.generation + 1, "exchange": (), "region_only": None, "retention_full": False}
    job.enter(JobState.CREATED, message="", **changes)
    job.next_checkpoint = None
    slots.request(job, [place for place in range(len(job.slots)) if place not in kept])
    if not job.record.requests:
        deployment.prepare(job)


def _enter(job: Job, delay: int, message: str) -> None:
    job.enter(JobState.RESTARTING, message=message)
    job.put_restart(replace(job.record.restart, due=job.now.wall + delay))
    if delay:
        job.arm(RESTART_TIMER, delay / 1000)
    if job.record.requests:
        # offers that come now go back, and would leave their requests answered for ever
        for request in list(job.record.requests):
            job.drop_request(request)
        job.disarm(slots.REQUEST_TIMER)
        job.send(ToResourceManager(SlotRequestsCancelled(job=job.id, epoch=job.epoch, time=job.now.wall)))


def _leave_logs(job: Job) -> None:
    """The logs of the attempts before, as far as they were asked for."""
    generation = job.row.generation
    job.no_longer_want(effect_id(CreateLogs(generation=generation)))
    if any(ExecutionState.DEPLOYING in e.timestamps for e in job.record.executions.values()):
        job.want(DeleteLogs(generation=generation, parallelism=parallelisms(job.graph)))


def _keep_slots(job: Job) -> dict[int, AllocationRow]:
    """Place -> the live slot that takes it. Lost ones are forgotten; what is too many goes back."""
    for allocation in list(job.record.allocations.values()):
        if allocation.state == "GONE":
            job.forget_allocation(allocation.allocation)
    held = [a for a in job.record.allocations.values() if a.state in ("OFFERED", "CLAIMED")]
    taken: dict[int, AllocationRow] = {}
    for allocation in sorted(held, key=lambda a: a.place):
        free = (place for place in range(len(job.slots)) if place not in taken)
        # a smaller job, or a place that came twice
        place = allocation.place if allocation.place < len(job.slots) and allocation.place not in taken else None
        if place is None:
            place = next(free, None)
        if place is None:
            slots.give_back(job, allocation)
            continue
        taken[place] = replace(allocation, place=place, deployed=False)
        job.put_allocation(taken[place])
    return taken


def next_attempt(job: Job, subtask: Subtask, slot: AllocationRow | None, newest: int) -> None:
    """SCHEDULED, in `slot` where there is one. `newest`: attempt that a subtask without one counts on from."""
    before = job.record.executions.get(subtask)
    vertex, number = subtask
    job.put_execution(
        ExecutionRow(
            vertex=vertex,
            subtask=number,
            state=ExecutionState.CREATED,
            attempt=(before.attempt if before else newest) + 1,
            epoch=job.epoch,
            allocation=slot.allocation if slot else None,
            taskmanager=slot.taskmanager if slot else None,
            endpoint=slot.host if slot else None,
            timestamps={ExecutionState.CREATED: job.now.wall},
        )
    )
    job.move(subtask, ExecutionState.SCHEDULED)
