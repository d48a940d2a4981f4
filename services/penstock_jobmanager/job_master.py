"""The JobMaster of one job: events and the time in, decisions out. No I/O, clock or random.

A decision that was not committed is lost together with the instance: its shell loads another one from the rows.
Every event may come again, late, or from a superseded attempt; then the decision is empty or repeats what was said.
"""

from typing import assert_never

from penstock.coordination.messages import (
    AllocationClaimed,
    CancelRequested,
    CheckpointAcked,
    CheckpointDeclined,
    CheckpointRequested,
    EffectDone,
    GraphStored,
    InputExhausted,
    JobEvent,
    LogsCreated,
    MetadataWritten,
    RescaleRequested,
    SavepointRead,
    SlotLost,
    SlotOffered,
    TaskStateChanged,
)
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import deployment, end, failure, slots
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.effects import CreateLogs
from penstock_jobmanager.job import Job
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord

STABLE_TIMER = "stable"


class JobMaster:
    """`start` once, then `handle` and `tick` until `done`."""

    def __init__(self, record: JobRecord, graph: JobGraph, epoch: int, options: JobMasterOptions) -> None:
        self._job = Job(record, graph, epoch, options)

    @property
    def record(self) -> JobRecord:
        """The rows as of the last decision."""
        return self._job.record

    @property
    def done(self) -> bool:
        """Whether the job is terminal: with the last decision committed there is nothing left to lead."""
        return self._job.row.state.is_terminal

    def start(self, now: Now) -> Decision:
        """Begin to lead: a new job asks for its slots, a job taken over goes on where it was; timers are armed anew."""
        job = self._begin(now)
        if job.row.state is JobState.INITIALIZING:
            slots.schedule(job)
        slots.arm(job)
        failure.arm(job)
        if job.row.takeovers:
            job.arm(STABLE_TIMER, job.options.stable_after)
        return self._settled()

    def handle(self, event: JobEvent, now: Now) -> Decision:
        """What follows from an event."""
        job = self._begin(now)
        if self.done:
            return job.decision
        match event:
            case SlotOffered():
                slots.on_offered(job, event)
            case AllocationClaimed():
                slots.on_claimed(job, event)
            case SlotLost():
                failure.on_slot_lost(job, event)
            case TaskStateChanged():
                self._on_task(event)
            case CancelRequested():
                failure.on_cancel(job)
            case LogsCreated():
                deployment.on_logs_created(job, event)
            case EffectDone():
                self._on_effect(event)
            case (
                InputExhausted()
                | CheckpointAcked()
                | CheckpointDeclined()
                | CheckpointRequested()
                | RescaleRequested()
                | MetadataWritten()
                | SavepointRead()
                | GraphStored()
            ):
                pass
            case _:
                assert_never(event)
        return self._settled()

    def tick(self, now: Now) -> Decision:
        """What follows from the time alone."""
        job = self._begin(now)
        for timer in sorted(name for name, due in job.timers.items() if due <= now.mono):
            if job.timers.pop(timer, None) is not None:
                self._on_timer(timer)
        return self._settled()

    def next_deadline(self) -> float | None:
        """When `tick` has something to do, on the clock of `Now.mono`."""
        return min(self._job.timers.values(), default=None)

    def _begin(self, now: Now) -> Job:
        self._job.now = now
        self._job.decision = Decision()
        return self._job

    def _settled(self) -> Decision:
        end.settle(self._job)
        return self._job.decision

    def _on_task(self, event: TaskStateChanged) -> None:
        job = self._job
        execution = deployment.current(job, event)
        if execution is None or execution.state in (ExecutionState.CREATED, ExecutionState.SCHEDULED):
            return
        state = ExecutionState(event.state)
        unasked = state is ExecutionState.CANCELED and execution.state is not ExecutionState.CANCELING
        if state is ExecutionState.FAILED or unasked:
            failure.on_task_failed(job, execution, event)
        else:
            deployment.on_report(job, execution, state)

    def _on_effect(self, event: EffectDone) -> None:
        effect = self._job.record.outbox.get(event.effect)
        if effect is None or (isinstance(effect, CreateLogs) and event.error is None):
            return
        self._job.no_longer_want(event.effect)
        if isinstance(effect, CreateLogs):
            failure.on_logs_failed(self._job, event)

    def _on_timer(self, timer: str) -> None:
        job = self._job
        if timer == slots.REQUEST_TIMER:
            if job.record.requests and job.row.state is JobState.CREATED:
                failure.on_failure(job, slots.missing(job))
        elif timer == failure.CANCELLATION_TIMER:
            failure.on_cancellation_timeout(job)
        elif timer == STABLE_TIMER:
            job.change(takeovers=0)
        else:
            allocation = job.record.allocations.get(timer.removeprefix(slots.HINT_TIMER))
            if allocation is not None and allocation.state == "OFFERED":
                failure.on_unclaimed(job, allocation)
