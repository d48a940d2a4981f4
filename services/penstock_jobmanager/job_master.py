"""The JobMaster of one job: events and the time in, decisions out. No I/O, clock or random.

A decision that was not committed is lost together with the instance: its shell loads another one from the rows.
Every event may come again, late, or from a superseded attempt; then the decision is empty or repeats what was said.
"""

from typing import assert_never

from penstock.coordination.failure import Failure
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
    RetentionFull,
    RetentionHalf,
    SavepointRead,
    SlotLost,
    SlotOffered,
    TaskStateChanged,
)
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import (
    checkpoint_acks,
    checkpoint_completion,
    checkpoint_failure,
    checkpoints,
    deployment,
    end,
    failure,
    local_restart,
    log_retention,
    rescale,
    rescale_back,
    restart,
    restore,
    retention,
    rollback,
    slots,
    user_requests,
)
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.effects import (
    CreateLogs,
    MirrorPointer,
    MirrorTerminal,
    ReadSavepoint,
    StoreGraph,
    WriteMetadata,
)
from penstock_jobmanager.eligibility import Eligibility
from penstock_jobmanager.job import CANCELLATION_TIMER, Job
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord
from penstock_jobmanager.rollback import Rollback

STABLE_TIMER = "stable"

#: effects that are acknowledged by an event of their own
ANSWERED = (CreateLogs, WriteMetadata, ReadSavepoint, StoreGraph)


class JobMaster:
    """`start` once, then `handle` and `tick` until `done`."""

    def __init__(self, record: JobRecord, graph: JobGraph, epoch: int, options: JobMasterOptions) -> None:
        self._job = Job(record, graph, epoch, options)

    @property
    def record(self) -> JobRecord:
        """The rows as of the last decision."""
        return self._job.record

    @property
    def graph(self) -> JobGraph:
        """What the job runs as of the last decision: rescaling changes it."""
        return self._job.graph

    @property
    def options(self) -> JobMasterOptions:
        """What it was told."""
        return self._job.options

    @property
    def eligibility(self) -> Eligibility:
        """Which tasks may be restarted alone."""
        return self._job.eligibility

    @property
    def done(self) -> bool:
        """Whether the job is terminal: with the last decision committed there is nothing left to lead."""
        return self._job.row.state.is_terminal

    def start(self, now: Now, rolled_back: Rollback | None = None) -> Decision:
        """Begin to lead: a new job asks for its slots, a job taken over goes on where it was; timers are armed anew.

        `rolled_back`: the rows are older than they once were.
        """
        job = self._begin(now)
        is_new = job.row.state is JobState.INITIALIZING
        if rolled_back is not None:
            rollback.adopt(job, rolled_back)
        if is_new:
            slots.schedule(job)
        slots.arm(job)
        failure.arm(job)
        restart.arm(job)
        local_restart.arm(job)
        log_retention.arm(job)
        checkpoints.arm(job)
        checkpoint_completion.arm(job)
        if job.row.takeovers:
            job.arm(STABLE_TIMER, job.options.stable_after)
        if rolled_back is not None:
            (rollback.renumber if is_new else rollback.start_again)(job, rolled_back)
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
            case LogsCreated() | SavepointRead():
                self._on_ready(event)
            case EffectDone():
                self._on_effect(event)
            case GraphStored():
                rescale.on_graph_stored(job, event)
            case CheckpointRequested():
                user_requests.on_checkpoint(job, event)
            case RescaleRequested():
                user_requests.on_rescale(job, event)
            case RetentionHalf():
                log_retention.on_half(job, event)
            case RetentionFull():
                log_retention.on_full(job, event)
            case _:
                self._on_checkpoint(event)
        return self._settled()

    def _on_checkpoint(self, event: InputExhausted | CheckpointAcked | CheckpointDeclined | MetadataWritten) -> None:
        match event:
            case InputExhausted():
                checkpoints.on_exhausted(self._job, event)
            case CheckpointAcked():
                checkpoint_acks.on_acked(self._job, event)
            case CheckpointDeclined():
                checkpoint_failure.on_declined(self._job, event)
            case MetadataWritten():
                checkpoint_completion.on_metadata_written(self._job, event)
            case _:
                assert_never(event)

    def _on_ready(self, event: LogsCreated | SavepointRead) -> None:
        """One of the two things that a deployment waits for."""
        job = self._job
        try:
            if isinstance(event, LogsCreated):
                deployment.on_logs_created(job, event)
            elif (reason := restore.on_savepoint_read(job, event)) is not None:
                failure.on_fatal(job, reason)
            else:
                deployment.deploy(job)
        except restore.NoUsableCheckpointError as error:
            failure.on_fatal(job, Failure(message=str(error)))

    def tick(self, now: Now) -> Decision:
        """What follows from the time alone."""
        job = self._begin(now)
        for timer in sorted(name for name, due in job.timers.items() if due <= now.mono):
            if job.timers.pop(timer, None) is not None:
                self._on_timer(timer)
        return self._settled()

    def excuse(self, now: Now) -> Decision:
        """The next takeover does not count: what its leader begins now may be poison of another job."""
        self._begin(now).change(handed_over=True)
        return self._job.decision

    def next_deadline(self) -> float | None:
        """When `tick` has something to do, on the clock of `Now.mono`."""
        return min(self._job.timers.values(), default=None)

    def _begin(self, now: Now) -> Job:
        self._job.now = now
        self._job.decision = Decision()
        return self._job

    def _settled(self) -> Decision:
        try:
            local_restart.settle(self._job)
        except restore.NoUsableCheckpointError as error:
            failure.on_fatal(self._job, Failure(message=str(error)))
        end.settle(self._job)
        checkpoints.settle(self._job)
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
            if job.record.executions[event.vertex, event.subtask].state is ExecutionState.FINISHED:
                checkpoint_failure.on_finished(job, (event.vertex, event.subtask))

    def _on_effect(self, event: EffectDone) -> None:
        effect = self._job.record.outbox.get(event.effect)
        # those that have an event of their own say by this one that they could not be carried out
        if effect is None or (isinstance(effect, ANSWERED) and event.error is None):
            return
        self._job.no_longer_want(event.effect)
        match effect:
            case CreateLogs():
                failure.on_logs_failed(self._job, event)
            case WriteMetadata(checkpoint=checkpoint):
                checkpoint_failure.on_write_failed(self._job, checkpoint, event)
            case MirrorPointer(checkpoint=checkpoint):
                checkpoint_completion.on_mirrored(self._job, checkpoint, event)
            case MirrorTerminal(state=final):
                # where it could not be written the job ends all the same
                retention.sweep(self._job, JobState(final))
            case ReadSavepoint(path=path):
                failure.on_fatal(self._job, Failure(message=f"the job cannot start from {path}: {event.error}"))
            case StoreGraph():
                rescale.on_store_failed(self._job, event)

    def _on_timer(self, timer: str) -> None:
        job = self._job
        if timer == slots.REQUEST_TIMER:
            waits = job.record.requests and job.row.state in (JobState.CREATED, JobState.RUNNING)
            if waits and not rescale_back.on_missing(job):
                failure.on_failure(job, slots.missing(job))
        elif timer == CANCELLATION_TIMER:
            failure.on_cancellation_timeout(job)
        elif timer == STABLE_TIMER:
            job.change(takeovers=0)
        elif timer.startswith(checkpoints.TIMEOUT_TIMER):
            checkpoint_failure.on_timeout(job, int(timer.removeprefix(checkpoints.TIMEOUT_TIMER)))
        elif timer.startswith(checkpoint_completion.MIRROR_TIMER):
            checkpoint_completion.on_mirror_timer(job, int(timer.removeprefix(checkpoint_completion.MIRROR_TIMER)))
        elif timer.startswith(slots.HINT_TIMER):
            allocation = job.record.allocations.get(timer.removeprefix(slots.HINT_TIMER))
            if allocation is not None and allocation.state == "OFFERED":
                failure.on_unclaimed(job, allocation)
