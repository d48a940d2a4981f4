"""Phase two: all slots are there; input logs are made, tasks deployed, and their reports followed."""

from msgspec.structs import replace

from penstock.coordination.messages import Deploy, LogsCreated, RestoreRef, TaskStateChanged
from penstock.coordination.rows import AllocationRow, ExecutionRow
from penstock.graph.states import EXECUTION_EDGES, ExecutionState, JobState
from penstock_jobmanager import rescale, restore
from penstock_jobmanager.decision import ToSlot
from penstock_jobmanager.effects import CreateLogs, effect_id
from penstock_jobmanager.job import Job, attempts

_REPORTS = frozenset(
    {ExecutionState.INITIALIZING, ExecutionState.RUNNING, ExecutionState.FINISHED, ExecutionState.CANCELED}
)


def prepare(job: Job) -> None:
    """Every slot is accepted: executions DEPLOYING; the input logs come first, once, before any deploy."""
    for execution in list(job.executions.executions()):
        job.move((execution.vertex, execution.subtask), ExecutionState.DEPLOYING)
    job.want(CreateLogs(generation=job.row.generation))


def on_logs_created(job: Job, event: LogsCreated) -> None:
    """The logs of the current generation are there: one Deploy to each slot, and the job is RUNNING.

    Raises `restore.NoUsableCheckpointError`.
    """
    expected = job.no_longer_want(effect_id(CreateLogs(generation=event.generation)))
    if not expected or event.generation != job.row.generation or job.row.state is not JobState.CREATED:
        return
    job.change(exchange=event.exchange)
    deploy(job)


def deploy(job: Job) -> None:
    """Unless something is still missing. Raises `restore.NoUsableCheckpointError`."""
    if job.row.state is not JobState.CREATED or not job.row.exchange or restore.is_waiting(job):
        return
    restored = restore.choose(job)
    for allocation in list(job.record.allocations.values()):
        tasks = job.tasks_in(allocation.allocation)
        if not tasks:
            continue
        send(job, allocation, tasks, restored)
    restore.note(job, restored)
    job.enter(JobState.RUNNING, message="")
    rescale.on_deployed(job)


def send(job: Job, allocation: AllocationRow, tasks: list[ExecutionRow], restored: RestoreRef | None) -> None:
    """Have these attempts run in a slot; `restored`: what they begin with."""
    job.put_allocation(replace(allocation, deployed=True))
    alone = job.eligibility.is_on
    command = Deploy(
        graph=job.row.graph,
        generation=job.row.generation,
        tasks=attempts(tasks),
        placement={
            vertex.id: tuple(e.allocation or "" for e in job.executions.of_vertex(vertex.id))
            for vertex in job.graph.vertices
        },
        exchange=job.row.exchange,
        restore=restored,
        checkpointing=job.options.checkpoints.enabled,
        task_local=alone,
        retained=job.eligibility.retained,
        retained_bytes=job.options.retained_bytes,
        # all that were ever triggered: what was under way is aborted when a task fails
        decided=job.record.counters.next_id - 1 if alone else 0,
        epoch=job.epoch,
        time=job.now.wall,
    )
    job.send(ToSlot(allocation.allocation, command))


def current(job: Job, event: TaskStateChanged) -> ExecutionRow | None:
    """The live execution a report is about; None for a superseded attempt, an unknown or an ended task."""
    execution = job.record.executions.get((event.vertex, event.subtask))
    if execution is None or execution.state.is_terminal:
        return None
    if (execution.attempt, execution.allocation) != (event.attempt, event.allocation):
        return None
    return execution


def on_report(job: Job, execution: ExecutionRow, state: ExecutionState) -> None:
    """A task says how far it is. What it said before, or what the machine has moved past, changes nothing."""
    subtask = (execution.vertex, execution.subtask)
    if state not in _REPORTS:
        return
    if (execution.state, state) in EXECUTION_EDGES:
        job.move(subtask, state)
    elif execution.state is ExecutionState.DEPLOYING and state is ExecutionState.FINISHED:
        job.move(subtask, ExecutionState.RUNNING, ExecutionState.FINISHED)
