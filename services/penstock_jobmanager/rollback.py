"""A Redis that came back older: noticed by the mirror in checkpoint storage, or by what tasks say, and made good. Pure.

Rows that were forgotten handed out numbers that would be handed out again: all counters jump. Nobody knows what runs in
the slots: they all go back, and the job starts again from the newest checkpoint that the rows or the mirror know.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from penstock.checkpoint import locations
from penstock.checkpoint.mirror import PointerMirror
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.terminal import TerminalMirror
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CheckpointAcked,
    CheckpointDeclined,
    InputExhausted,
    JobEvent,
    SlotRequestsCancelled,
    TaskStateChanged,
)
from penstock.coordination.rows import CheckpointRow, Tombstone
from penstock.graph.job_graph import JobGraph
from penstock.graph.rescaling import parallelisms
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import checkpoint_rows as rows
from penstock_jobmanager import checkpoints, failure, restart, slots
from penstock_jobmanager.decision import Bury, Decision, ToResourceManager
from penstock_jobmanager.effects import CreateLogs, DeleteLogs, MirrorTerminal, WriteMetadata, effect_id
from penstock_jobmanager.job import Job
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord

#: how far counters jump: further than they can have come since the last mirror
MARGIN = 100


@dataclass(frozen=True, slots=True)
class Rollback:
    """It happened: how it was noticed, and the mirror where there is one."""

    reason: str
    pointer: PointerMirror | None = None


def compare(record: JobRecord, epoch: int, mirror: PointerMirror | None, *, first: bool) -> str | None:
    """Why the rows are older than the mirror; None where they are not.

    `first`: nothing was written under `epoch` yet.
    """
    if mirror is None:
        return None
    known = record.counters.pointer or 0
    if mirror.checkpoint > known:
        return f"its newest checkpoint is {known or 'none'}, and checkpoint {mirror.checkpoint} was completed"
    if mirror.epoch > epoch or (first and mirror.epoch == epoch):
        return f"it gives out epoch {epoch} again"
    counters = {"next_checkpoint": record.counters.next_id, "generation": record.job.generation}
    for name, value in counters.items():
        if mirror.counters.get(name, 0) > value:
            return f"its counter {name} is {value}, and was {mirror.counters[name]}"
    return None


def from_future(record: JobRecord, event: JobEvent) -> str | None:
    """Why an event shows that the rows are older than what they once were: nobody runs what was not committed."""
    if not isinstance(event, (TaskStateChanged, CheckpointAcked, CheckpointDeclined, InputExhausted)):
        return None
    execution = record.executions.get((event.vertex, event.subtask))
    if execution is None or event.attempt < execution.attempt:
        return None
    if event.attempt > execution.attempt:
        return f"attempt {event.attempt} of {event.vertex} subtask {event.subtask} runs, which it does not know"
    if isinstance(event, CheckpointAcked) and event.checkpoint >= record.counters.next_id:
        return f"checkpoint {event.checkpoint} is acknowledged, which it does not know"
    return None


def least_epoch(epoch: int, found: Rollback) -> int:
    """The epoch to lead on with: beyond all that may have been given out."""
    return max(epoch, found.pointer.epoch if found.pointer else 0) + MARGIN


def adopt(job: Job, found: Rollback) -> None:
    """Take over what the mirror knows, and let every counter jump. Before anything else is decided."""
    mirror = found.pointer
    counters = mirror.counters if mirror else {}
    if mirror is not None and mirror.checkpoint > (job.record.counters.pointer or 0):
        _adopt_checkpoint(job, mirror)
    known = max(job.record.counters.next_id, counters.get("next_checkpoint", 0), mirror.checkpoint + 1 if mirror else 0)
    rows.count(job, next_id=known + MARGIN)
    generations = {job.row.generation, counters.get("generation", job.row.generation)}
    for generation in generations:
        job.no_longer_want(effect_id(CreateLogs(generation=generation)))
        if job.row.state is not JobState.INITIALIZING:
            job.want(DeleteLogs(generation=generation, parallelism=parallelisms(job.graph)))
    job.change(generation=max(generations) + MARGIN, next_allocation=job.row.next_allocation + MARGIN * len(job.slots))


def start_again(job: Job, found: Rollback) -> None:
    """All tasks, in new slots. A job that is on its way to its end just goes on with that."""
    if job.row.state in (JobState.CREATED, JobState.RUNNING):
        restorable = job.record.counters.pointer is not None or job.row.initial is not None
        told = Failure(message=f"the coordination Redis came back with older data: {found.reason}")
        failure.on_failure(job, told, at_once=restorable)
    if job.row.state is not JobState.RESTARTING:
        return
    for allocation in list(job.record.allocations.values()):
        if allocation.state in ("OFFERED", "CLAIMED"):
            slots.give_back(job, allocation)
    for subtask, execution in list(job.record.executions.items()):
        if execution.state is ExecutionState.CANCELING:
            job.move(subtask, ExecutionState.CANCELED)
        elif not execution.state.is_terminal:
            job.move(subtask, ExecutionState.CANCELING, ExecutionState.CANCELED)
    job.disarm(restart.RESTART_TIMER)
    renumber(job, found)


def renumber(job: Job, found: Rollback) -> None:
    """No attempt from here on has ever been."""
    known = found.pointer.counters.get("attempt", 0) if found.pointer else 0
    newest = max([known, *(e.attempt for e in job.record.executions.values())]) + MARGIN
    for execution in list(job.record.executions.values()):
        job.put_execution(replace(execution, attempt=newest, epoch=job.epoch))


def is_over(record: JobRecord) -> bool:
    """Whether the rows say themselves that nothing of the job is left but its clearing up."""
    ended = bool(record.executions) and all(e.state.is_terminal for e in record.executions.values())
    mirroring = any(isinstance(effect, MirrorTerminal) for effect in record.outbox.values())
    return mirroring or (ended and not record.waits_to_restart)


def bury_again(record: JobRecord, epoch: int, end: TerminalMirror, now: Now) -> Decision:
    """The job had ended: all that it holds goes back, and it is terminal as it was. Its input logs expire."""
    job = Job(
        record, JobGraph(job_id=record.job.job, name=record.job.name, vertices=(), edges=()), epoch, JobMasterOptions()
    )
    job.now = now
    for subtask, execution in list(record.executions.items()):
        if not execution.state.is_terminal:
            job.put_execution(
                replace(record.executions[subtask], state=ExecutionState.CANCELED, timestamps=execution.timestamps)
            )
    for request in list(record.requests):
        job.drop_request(request)
    for allocation in list(record.allocations.values()):
        if allocation.state not in ("RELEASING", "GONE"):
            slots.give_back(job, allocation)
    for effect in list(record.outbox):
        job.no_longer_want(effect)
    job.send(ToResourceManager(SlotRequestsCancelled(job=job.id, epoch=epoch, time=now.wall)))
    root = None if end.message is None else Failure(message=end.message, traceback=end.traceback or "")
    job.change(state=JobState(end.state), end_time=end.time, message="", root_failure=root)
    stone = Tombstone(job=job.id, state=JobState(end.state), time=end.time, runtime=end.runtime, failure=root)
    vertices = tuple(sorted({vertex for vertex, _ in record.executions}))
    job.send(Bury(stone, allocations=tuple(record.allocations), vertices=vertices))
    return job.decision


def _adopt_checkpoint(job: Job, mirror: PointerMirror) -> None:
    """As the newest, whatever the rows say of its number. Those that it had replaced may be gone already."""
    directory = locations.parent(mirror.path)
    config = job.options.checkpoints
    own = config.directory is not None and config.directory(mirror.checkpoint) == directory
    job.no_longer_want(effect_id(WriteMetadata(checkpoint=mirror.checkpoint)))
    checkpoints.disarm(job, mirror.checkpoint)
    row = CheckpointRow(
        checkpoint=mirror.checkpoint,
        status="COMPLETED",
        # no savepoint in passing is ever mirrored
        options=CheckpointOptions(directory=directory, savepoint=not own, stop="none" if own else "suspend"),
        triggered_at=mirror.time or job.now.wall,
        ended_at=mirror.time or job.now.wall,
        path=mirror.path,
        checksum=mirror.checksum,
        mirrored=True,
        generation=mirror.counters.get("generation", 0),
        owned=own,
    )
    rows.put(job, row)
    rows.acks_to_statistics(job, mirror.checkpoint)
    rows.count(job, pointer=mirror.checkpoint)
    for older in [row for row in rows.pointers(job) if row.owned][config.num_retained :]:
        rows.discard(job, older)
