"""The end, in two commits: slots go back when the last execution is over; a job with an empty outbox is buried."""

from penstock.coordination.failure import Failure
from penstock.coordination.messages import SlotRequestsCancelled
from penstock.coordination.rows import Tombstone
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import checkpoint_abort, rescale, restart, retention, slots, trigger_rows
from penstock_jobmanager.decision import Bury, Decision, ToResourceManager
from penstock_jobmanager.effects import DeleteLogs, DiscardCheckpoint, MirrorTerminal
from penstock_jobmanager.job import Job
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord

_FINAL = {
    JobState.RUNNING: JobState.FINISHED,
    JobState.FAILING: JobState.FAILED,
    JobState.CANCELLING: JobState.CANCELED,
}


def settle(job: Job) -> None:
    """After every event: what a job whose executions are over still owes, or that it starts again. In one commit with
    the event, so a successor finds it done."""
    if job.row.state.is_terminal or not job.executions.all_terminal:
        return
    if job.row.state is JobState.RUNNING and rescale.is_stopped(job):
        restart.begin_rescaled(job)
    if job.row.state is JobState.RESTARTING:
        restart.settle(job)
        return
    if job.record.waits_to_restart:
        return
    if not job.released:
        _release(job)
    if not job.record.outbox:
        _bury(job)


def abort(record: JobRecord, epoch: int, failure: Failure, now: Now) -> Decision:
    """End a job that cannot be led (no readable graph, poison for its JobMaster), from the rows alone and at once.

    Its input logs are left to expire.
    """
    nothing = JobGraph(job_id=record.job.job, name=record.job.name, vertices=(), edges=())
    job = Job(record, nothing, epoch, JobMasterOptions())
    job.now = now
    if job.row.state.is_terminal:
        return job.decision
    for subtask, execution in list(record.executions.items()):
        if execution.state in (ExecutionState.CREATED, ExecutionState.SCHEDULED, ExecutionState.CANCELING):
            job.move(subtask, ExecutionState.CANCELED)
        elif not execution.state.is_terminal:
            job.move(subtask, ExecutionState.CANCELING, ExecutionState.CANCELED)
    if not job.released:
        job.put_failure(failure)
        job.change(root_failure=job.row.root_failure or failure)
        if job.row.state in (JobState.CREATED, JobState.RUNNING, JobState.RESTARTING):
            job.enter(JobState.FAILING)
    if not job.released:
        _release(job)
    for effect in list(record.outbox):
        job.no_longer_want(effect)
    _bury(job)
    return job.decision


def _release(job: Job) -> None:
    """Every slot goes back to its TaskManager, whatever the slot process does; nobody may claim one any more."""
    for request in list(job.record.requests):
        job.drop_request(request)
    final = _FINAL.get(job.row.state, JobState.FAILED)
    _answer(job, final)
    logs_asked = any(ExecutionState.DEPLOYING in e.timestamps for e in job.record.executions.values())
    for name, effect in list(job.record.outbox.items()):
        if not isinstance(effect, (DeleteLogs, DiscardCheckpoint)):
            job.no_longer_want(name)
    for allocation in list(job.record.allocations.values()):
        if allocation.state not in ("RELEASING", "GONE"):
            slots.give_back(job, allocation)
    job.send(ToResourceManager(SlotRequestsCancelled(job=job.id, epoch=job.epoch, time=job.now.wall)))
    job.released = True
    job.timers.clear()
    if logs_asked:
        job.want(DeleteLogs(generation=job.row.generation))
    if job.options.checkpoints.directory is None:
        retention.sweep(job, final)
        return
    # first the end itself, then the sweep: without the checkpoints the job could only begin from scratch
    failed = job.row.root_failure if final is JobState.FAILED else None
    job.want(
        MirrorTerminal(
            state=final,
            runtime=job.now.wall - job.row.start_time if job.row.start_time else 0,
            message=failed.message if failed else None,
            traceback=failed.traceback if failed else None,
        )
    )


def _answer(job: Job, final: JobState) -> None:
    """Checkpoints and requests that the end of the job decides."""
    ended = Failure(message=f"the job has ended as {final}")
    checkpoint_abort.abort_all(job, ended)
    if job.row.stop is not None and final is JobState.FINISHED:
        savepoint = job.record.checkpoints[job.row.stop]
        trigger_rows.complete(job, savepoint.trigger, savepoint.options.directory)
    for trigger in trigger_rows.open_triggers(job):
        trigger_rows.fail(job, trigger, ended)


def _bury(job: Job) -> None:
    final = JobState.FAILED if job.row.state is JobState.INITIALIZING else _FINAL[job.row.state]
    job.enter(final, end_time=job.now.wall, message="")
    job.send(
        Bury(
            Tombstone(
                job=job.id,
                state=final,
                time=job.now.wall,
                runtime=job.now.wall - job.row.start_time if job.row.start_time else 0,
                failure=job.row.root_failure,
            ),
            allocations=tuple(job.record.allocations),
            vertices=tuple(sorted({vertex for vertex, _ in job.record.executions})),
        )
    )
    job.timers.clear()
