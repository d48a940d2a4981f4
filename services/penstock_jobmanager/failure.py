"""What stops all tasks before their end: a failed task, a lost slot, a cancelled job. A failed job may start again."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CancelTasks, EffectDone, ReleaseSlot, SlotLost, TaskStateChanged
from penstock.coordination.rows import AllocationRow, ExecutionRow
from penstock.graph.execution_graph import Subtask
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import checkpoint_abort, local_restart, restart, restore, slots, trigger_rows
from penstock_jobmanager.decision import ToSlot, ToTaskManager
from penstock_jobmanager.job import CANCELLATION_TIMER, Job, attempts


def stopping(job: Job) -> bool:
    """Whether the job is on its way to its end."""
    return job.row.state in (JobState.FAILING, JobState.CANCELLING)


def tasks_stop(job: Job) -> bool:
    """Whether all tasks are being stopped, for good or to start again."""
    return stopping(job) or job.row.state is JobState.RESTARTING


def arm(job: Job) -> None:
    """The watchdog, for one who takes over a job that is being stopped."""
    if tasks_stop(job) and job.options.cancellation_timeout:
        job.arm(CANCELLATION_TIMER, job.options.cancellation_timeout)


def on_failure(
    job: Job,
    failure: Failure,
    *,
    lost_process: bool = False,
    at_once: bool = False,
    failed: tuple[Subtask, ...] = (),
) -> None:
    """The one place that answers a failure: tasks start again as the restart strategy has it, or the job fails.

    `at_once`: without asking the strategy. `failed`: the tasks that it is a failure of, FAILED by now: they are
    restarted alone where that can be; () for a failure of the job.
    """
    if tasks_stop(job):
        job.put_failure(failure)
        return
    reason = local_restart.why_not(job, failed, failure)
    if reason is None:
        if not local_restart.decide(job, failure, failed, lost_process=lost_process, at_once=at_once):
            job.put_failure(failure)
            _fail(job, failure)
        return
    job.put_failure(failure, f"all tasks: {reason}" if job.eligibility.wanted else "")
    _abort_checkpoints(job, failure)
    if restart.decide(job, failure, lost_process=lost_process, at_once=at_once):
        _stop_all(job)
    else:
        _fail(job, failure)


def on_fatal(job: Job, failure: Failure) -> None:
    """A failure that no restart can cure."""
    job.put_failure(failure)
    if not stopping(job):
        _abort_checkpoints(job, failure)
        _fail(job, failure)


def _fail(job: Job, failure: Failure) -> None:
    job.enter(JobState.FAILING, root_failure=failure, message="")
    _stop_all(job)


def _abort_checkpoints(job: Job, failure: Failure) -> None:
    """What is under way fails with the job; one that the job was to stop with is there, but the job is not stopped."""
    checkpoint_abort.abort_all(job, replace(failure, message=f"the job failed meanwhile: {failure.message}"))
    if job.row.stop is not None:
        made = job.record.checkpoints[job.row.stop]
        told = f"a savepoint was made at {made.options.directory}, but the job failed before it stopped: "
        trigger_rows.fail(job, made.trigger, replace(failure, message=told + failure.message))
        job.change(stop=None)


def on_cancel(job: Job) -> None:
    """Stop all tasks for a user. A failing job too becomes CANCELED, as in Flink."""
    if job.row.state is JobState.CANCELLING or job.released:
        return
    checkpoint_abort.abort_all(job, Failure(message="the job was cancelled"))
    job.enter(JobState.CANCELLING, message="")
    job.disarm(restart.RESTART_TIMER)
    _stop_all(job)


def on_redirected(job: Job) -> None:
    """A job that waits for slots is to have another parallelism: what it holds and asks for is sorted out anew."""
    restart.begin_rescaled(job)
    _stop_all(job)


def on_task_failed(job: Job, execution: ExecutionRow, event: TaskStateChanged) -> None:
    """A task raised, or ended though nobody had asked it to."""
    found = event.failure or Failure(message=f"the task reported {event.state} without a reason")
    failure = _located(job, execution, found)
    subtask = (execution.vertex, execution.subtask)
    if execution.state is ExecutionState.CANCELING:
        # it was being stopped: what it raised meanwhile is history, not another cause
        job.move(subtask, ExecutionState.CANCELED)
        if job.row.state in (JobState.FAILING, JobState.RESTARTING):
            job.put_failure(failure)
        return
    job.move(subtask, ExecutionState.FAILED, failure=failure)
    if failure.incurable:
        on_fatal(job, failure)
        return
    if not restore.names_unusable(job, failure):
        on_failure(job, failure, failed=(subtask,))
        return
    try:
        restore.mark_unusable(job)
    except restore.NoUsableCheckpointError as error:
        on_fatal(job, replace(failure, message=f"{error}. {failure.message}"))
    else:
        on_failure(job, failure, at_once=True)


def on_slot_lost(job: Job, event: SlotLost) -> None:
    """The process behind an allocation is gone. No failure where nothing of the job was alive in it."""
    allocation = job.record.allocations.get(event.allocation)
    if allocation is None:
        # an offer that never reached us: the ResourceManager counts its request as answered
        request = event.allocation.rsplit("-", 2)[0]
        if request in job.record.requests and job.row.state in (JobState.CREATED, JobState.RUNNING):
            slots.replace_request(job, job.slot_number(request), request)
        return
    if allocation.state == "GONE" or (event.pid and allocation.pid and event.pid != allocation.pid):
        return
    job.put_allocation(replace(allocation, state="GONE"))
    job.claim(allocation, "WITHDRAWN")
    if not event.pid and allocation.state != "RELEASING":
        # nobody saw the process die: its TaskManager may just be deaf, and no task may run on
        release = ReleaseSlot(allocation=event.allocation, job=job.id, epoch=job.epoch, time=job.now.wall)
        job.send(ToSlot(event.allocation, release))
    job.no_longer_want(slots.HINT_TIMER + event.allocation)
    job.disarm(slots.HINT_TIMER + event.allocation)
    live = [e for e in job.tasks_in(event.allocation) if not e.state.is_terminal]
    if not live:
        return
    if live[0].state is ExecutionState.SCHEDULED:
        for execution in live:
            job.put_execution(replace(execution, allocation=None, taskmanager=None, endpoint=None))
        slots.replace_request(job, job.slot_of((live[0].vertex, live[0].subtask)))
        return
    lost = Failure(
        message=f"the slot {allocation.slot} of TaskManager {allocation.taskmanager} was lost: {event.reason}"
    )
    if tasks_stop(job):
        for execution in live:
            _end(job, execution, ExecutionState.CANCELED)
        return
    counted = local_restart.is_same_loss(job, allocation)
    for execution in live:
        job.move((execution.vertex, execution.subtask), ExecutionState.FAILED, failure=_located(job, execution, lost))
    restorable = job.record.counters.pointer is not None or job.row.initial is not None
    on_failure(
        job,
        _located(job, live[0], lost),
        lost_process=True,
        at_once=(event.planned and restorable) or counted,
        failed=tuple((e.vertex, e.subtask) for e in live),
    )


def on_logs_failed(job: Job, event: EffectDone) -> None:
    """The input logs could not be made."""
    if job.row.state is JobState.CREATED:
        on_failure(job, Failure(message=f"the input logs could not be created: {event.error}"))


def on_unclaimed(job: Job, allocation: AllocationRow) -> None:
    """The hint's time is over: send it again, or, where the job is being stopped, wait no longer for the slot."""
    if not stopping(job):
        slots.hint(job, allocation)
        return
    job.claim(allocation, "WITHDRAWN")
    for execution in job.tasks_in(allocation.allocation):
        if not execution.state.is_terminal:
            _end(job, execution, ExecutionState.CANCELED)


def on_cancellation_timeout(job: Job) -> None:
    """Tasks that do not stop: have their processes killed. The TaskManager answers with SlotLost."""
    for allocation in job.record.allocations.values():
        if any(e.state is ExecutionState.CANCELING for e in job.tasks_in(allocation.allocation)):
            kill = ReleaseSlot(
                allocation=allocation.allocation, job=job.id, answer=True, epoch=job.epoch, time=job.now.wall
            )
            job.send(ToTaskManager(allocation.taskmanager, kill))
    arm(job)


def _stop_all(job: Job) -> None:
    """Cancel what runs; what was never deployed is over at once."""
    running: dict[str, list[ExecutionRow]] = {}
    for execution in list(job.executions.executions()):
        subtask = (execution.vertex, execution.subtask)
        allocation = job.record.allocations.get(execution.allocation or "")
        if execution.state.is_terminal or execution.state is ExecutionState.CANCELING:
            continue
        if execution.state in (ExecutionState.CREATED, ExecutionState.SCHEDULED):
            job.move(subtask, ExecutionState.CANCELED)
        elif allocation is None or allocation.state == "GONE" or not allocation.deployed:
            job.move(subtask, ExecutionState.CANCELING, ExecutionState.CANCELED)
        else:
            job.move(subtask, ExecutionState.CANCELING)
            running.setdefault(allocation.allocation, []).append(execution)
    for name, executions in running.items():
        cancel = CancelTasks(tasks=attempts(executions), epoch=job.epoch, time=job.now.wall)
        job.send(ToSlot(name, cancel))
    job.disarm(slots.REQUEST_TIMER)
    arm(job)


def _end(job: Job, execution: ExecutionRow, state: ExecutionState) -> None:
    if execution.state is not ExecutionState.CANCELING:
        job.move((execution.vertex, execution.subtask), ExecutionState.CANCELING, state)
    else:
        job.move((execution.vertex, execution.subtask), state)


def _located(job: Job, execution: ExecutionRow, failure: Failure) -> Failure:
    """Where it happened: task, endpoint, TaskManager."""
    return replace(
        failure,
        task_name=job.executions.task_name(execution.vertex, execution.subtask),
        endpoint=execution.endpoint,
        taskmanager=execution.taskmanager,
    )
