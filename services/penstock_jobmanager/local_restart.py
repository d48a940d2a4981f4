"""Task-local failover: failed tasks get new attempts while the job goes on RUNNING (docs/task-local-failover.md).

What a successor needs is in the rows: a FAILED execution of a RUNNING job is to be restarted, at `due` of the restart
row; a SCHEDULED one waits for a slot of its place; what has a slot was deployed in the same commit.
"""

from collections.abc import Collection

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.restart_strategy import after_failure
from penstock.coordination.rows import AllocationRow, ExecutionRow
from penstock.graph.execution_graph import Subtask
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import checkpoint_abort, deployment, restart, restore, slots
from penstock_jobmanager.job import Job

LOCAL_TIMER = "local-restart"


def arm(job: Job) -> None:
    """For one who takes over while failed tasks wait."""
    due = job.record.restart.due
    if job.row.state is JobState.RUNNING and due is not None and due > job.now.wall:
        job.arm(LOCAL_TIMER, restart.remaining(job, due))


def why_not(job: Job, failed: Collection[Subtask], failure: Failure) -> str | None:
    """Why these tasks, which are FAILED by now, cannot be restarted alone; None: they can."""
    if not job.eligibility.is_on:
        return job.eligibility.job
    if job.row.state is not JobState.RUNNING:
        return f"the job is {job.row.state}"
    if not failed:
        return "it is no failure of single tasks"
    if failure.exchange:
        return f"its input cannot be read again ({failure.exchange})"
    if job.row.region_only is not None:
        return "input logs were trimmed for want of space, and no checkpoint has been completed since"
    for vertex, reason in job.eligibility.vertices.items():
        if reason is not None and any(subtask[0] == vertex for subtask in failed):
            return f"{job.graph.vertex(vertex).name} cannot be replayed: {reason}"
    return _why_not_now(job)


def decide(job: Job, failure: Failure, failed: Collection[Subtask], *, lost_process: bool, at_once: bool) -> bool:
    """Restart them, as `why_not` has nothing against it. False: the restart strategy has had enough.

    Where others wait for their restart already, they are restarted together.
    """
    aborted = Failure(message=f"a task failed meanwhile: {failure.message}")
    checkpoint_abort.abort_all(job, aborted)
    remembered = job.record.restart
    if remembered.due is None:
        delay: int | None = 0
        if not at_once:
            remembered, delay = after_failure(
                job.options.restart, remembered, job.now.wall, lost_process=lost_process, seed=job.id
            )
            job.put_restart(remembered)
        if delay is None:
            return False
        remembered = replace(remembered, local=remembered.local + 1, due=job.now.wall + delay)
        job.put_restart(remembered)
        if delay:
            job.arm(LOCAL_TIMER, delay / 1000)
    assert remembered.due is not None
    names = ", ".join(job.executions.task_name(*subtask) for subtask in failed)
    after = max(0, remembered.due - job.now.wall) / 1000
    job.put_failure(failure, f"restarted alone{f' in {after:g} s' if after else ''}: {names}")
    return True


def is_same_loss(job: Job, lost: AllocationRow) -> bool:
    """Whether another slot of its TaskManager was lost just before: tasks of it still wait to be restarted alone."""
    if not job.eligibility.is_on or job.row.state is not JobState.RUNNING:
        return False
    waits = any(e.state in (ExecutionState.FAILED, ExecutionState.SCHEDULED) for e in job.record.executions.values())
    return waits and any(
        a.state == "GONE" and a.incarnation == lost.incarnation and a.allocation != lost.allocation
        for a in job.record.allocations.values()
    )


def settle(job: Job) -> None:
    """After every event: new attempts for what is FAILED, once its time has come, and a Deploy for what has its slot.

    Raises `restore.NoUsableCheckpointError`.
    """
    if job.row.state is not JobState.RUNNING or not job.eligibility.is_on:
        return
    failed = [e for e in job.executions.executions() if e.state is ExecutionState.FAILED]
    if failed and LOCAL_TIMER not in job.timers:
        _remake(job, failed)
    _deploy(job)


def _why_not_now(job: Job) -> str | None:
    if job.row.rescale is not None:
        return "the job is being rescaled"
    stops = [job.record.checkpoints[job.row.stop]] if job.row.stop is not None else []
    if any(row.options.stop == "drain" or row.status == "COMPLETED" for row in stops):
        return "the job is being stopped, and tasks have ended for it"
    if not any(e.state in _GOES_ON for e in job.record.executions.values()):
        return "no task is left that goes on"
    try:
        ref = restore.choose(job)
    except restore.NoUsableCheckpointError as error:
        return str(error)
    row = job.record.checkpoints.get(ref.checkpoint) if ref is not None else None
    if ref != job.row.restore and (row is None or row.generation != job.row.generation):
        return "the others did not begin with the checkpoint that it would be restored from"
    return None


_GOES_ON = (ExecutionState.DEPLOYING, ExecutionState.INITIALIZING, ExecutionState.RUNNING)


def _remake(job: Job, failed: list[ExecutionRow]) -> None:
    """FAILED -> SCHEDULED as another attempt, in the slot that has its place; where there is none, one is asked for."""
    job.put_restart(replace(job.record.restart, due=None))
    _forget_lost_slots(job)
    held = {a.place: a for a in job.record.allocations.values() if a.state in ("OFFERED", "CLAIMED")}
    missing: dict[int, None] = {}
    for execution in failed:
        subtask = (execution.vertex, execution.subtask)
        place = job.slot_of(subtask)
        restart.next_attempt(job, subtask, held.get(place), execution.attempt)
        if place not in held:
            missing[place] = None
    asked = {job.slot_number(request) for request in job.record.requests}
    slots.request(job, [place for place in missing if place not in asked])


def _forget_lost_slots(job: Job) -> None:
    """Those of earlier restarts: what a process that is deaf is still to read is left until then."""
    named = {e.allocation for e in job.record.executions.values()}
    for allocation in list(job.record.allocations.values()):
        if allocation.state == "GONE" and allocation.allocation not in named:
            job.forget_allocation(allocation.allocation)


def _deploy(job: Job) -> None:
    ready: dict[str, list[ExecutionRow]] = {}
    for execution in job.executions.executions():
        if execution.state is ExecutionState.SCHEDULED and execution.allocation is not None:
            ready.setdefault(execution.allocation, []).append(execution)
    if not ready:
        return
    restored = restore.choose(job)
    for allocation, executions in ready.items():
        for execution in executions:
            job.move((execution.vertex, execution.subtask), ExecutionState.DEPLOYING)
        deployment.send(job, job.record.allocations[allocation], executions, restored)
    restore.note(job, restored)
    if not job.record.requests and job.row.message:
        job.change(message="")
