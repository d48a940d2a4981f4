"""The rows of checkpoints, and questions to them. Memory and decision are changed together, as in `Job`."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from penstock.coordination.messages import SlotCommand
from penstock.coordination.rows import AckRow, CheckpointRow, CheckpointTasksRow, ExecutionRow, TaskStats
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager.decision import ToSlot
from penstock_jobmanager.effects import DiscardCheckpoint
from penstock_jobmanager.job import Job


def count(job: Job, **changes: Any) -> None:
    """Change fields of the counters' row."""
    job.record.counters = replace(job.record.counters, **changes)
    job.decision.rows["checkpoints"] = job.record.counters


def put(job: Job, row: CheckpointRow) -> CheckpointRow:
    job.record.checkpoints[row.checkpoint] = row
    job.decision.rows[f"checkpoint:{row.checkpoint}"] = row
    return row


def put_ack(job: Job, row: AckRow) -> None:
    job.record.acks.setdefault(row.checkpoint, {})[row.vertex, row.subtask] = row
    job.decision.rows[f"ack:{row.checkpoint}:{row.vertex}:{row.subtask}"] = row


def acks_to_statistics(job: Job, checkpoint: int) -> None:
    """The checkpoint is decided: its acknowledgements go, what they say of times and sizes stays."""
    acks = job.record.acks.pop(checkpoint, {})
    for vertex, subtask in acks:
        job.decision.rows[f"ack:{checkpoint}:{vertex}:{subtask}"] = None
    row = CheckpointTasksRow(
        checkpoint=checkpoint,
        tasks=tuple(
            TaskStats(
                vertex=ack.vertex,
                subtask=ack.subtask,
                time=ack.time,
                size=ack.state.size,
                new_bytes=ack.state.new_bytes,
                metrics=ack.metrics,
            )
            for ack in acks.values()
        ),
    )
    job.record.checkpoint_tasks[checkpoint] = row
    job.decision.rows[f"checkpoint-tasks:{checkpoint}"] = row


def drop(job: Job, checkpoint: int) -> None:
    """Out of the history."""
    del job.record.checkpoints[checkpoint]
    job.decision.rows[f"checkpoint:{checkpoint}"] = None
    if job.record.checkpoint_tasks.pop(checkpoint, None) is not None:
        job.decision.rows[f"checkpoint-tasks:{checkpoint}"] = None


def discard(job: Job, row: CheckpointRow) -> None:
    """Its files go, and it can no longer be restored."""
    put(job, replace(row, discarded=True))
    job.want(DiscardCheckpoint(checkpoint=row.checkpoint, directory=row.options.directory))


def is_pointer(row: CheckpointRow) -> bool:
    """Whether the job may be restored from it once it is COMPLETED, and whether its side effects are committed then:
    not a savepoint that somebody took in passing (as in Flink since 1.15), but one that the job stops with."""
    return not row.options.savepoint or row.options.stop != "none"


def undecided(job: Job) -> list[CheckpointRow]:
    """PENDING and WRITING ones, oldest first."""
    return [row for _, row in sorted(job.record.checkpoints.items()) if row.status in ("PENDING", "WRITING")]


def under_way(job: Job) -> list[CheckpointRow]:
    """Those that tasks still have to hear of: not decided, or completed and not mirrored."""
    unmirrored = [row for row in pointers(job)[:1] if not row.mirrored and row.generation == job.row.generation]
    return undecided(job) + unmirrored


def pointers(job: Job) -> list[CheckpointRow]:
    """What the job can be restored from, newest first."""
    return [
        row
        for _, row in sorted(job.record.checkpoints.items(), reverse=True)
        if row.status == "COMPLETED" and is_pointer(row) and not row.discarded and not row.unusable
    ]


def current(job: Job, vertex: str, subtask: int, attempt: int) -> ExecutionRow | None:
    """The live execution that a message about a checkpoint comes from; None for a superseded or ended attempt."""
    execution = job.record.executions.get((vertex, subtask))
    if execution is None or execution.attempt != attempt or execution.state.is_terminal:
        return None
    return execution


def live(job: Job) -> list[ExecutionRow]:
    """The executions that run."""
    return [e for e in job.record.executions.values() if e.state is ExecutionState.RUNNING]


def not_ready(job: Job) -> str | None:
    """Why no checkpoint can be triggered now; None where one can."""
    if job.row.state is not JobState.RUNNING:
        return f"the job is {job.row.state}"
    running = False
    for execution in job.record.executions.values():
        if execution.state is ExecutionState.RUNNING:
            running = True
        elif execution.state is not ExecutionState.FINISHED:
            name = job.executions.task_name(execution.vertex, execution.subtask)
            return f"not all required tasks are currently running: {name} is {execution.state}"
    return None if running else "all tasks of the job have finished"


def tell_all(job: Job, command: SlotCommand) -> None:
    """A command for every slot with live tasks."""
    for allocation in _allocations(live(job)):
        job.send(ToSlot(allocation, command))


def _allocations(executions: Iterable[ExecutionRow]) -> list[str]:
    return list(dict.fromkeys(e.allocation for e in executions if e.allocation is not None))
