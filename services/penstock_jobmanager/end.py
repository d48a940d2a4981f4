"""The end, in two commits: slots go back when the last execution is over; a job with an empty outbox is buried."""

from msgspec.structs import replace

from penstock.coordination.messages import Failure, ReleaseSlot, SlotRequestsCancelled
from penstock.coordination.rows import Tombstone
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager.decision import Bury, Decision, ToResourceManager, ToSlot, ToTaskManager
from penstock_jobmanager.effects import DeleteLogs
from penstock_jobmanager.job import Job
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord

_FINAL = {
    JobState.RUNNING: JobState.FINISHED,
    JobState.FAILING: JobState.FAILED,
    JobState.CANCELLING: JobState.CANCELED,
}


def settle(job: Job) -> None:
    """After every event: what an ended job still owes. In one commit with the event, so a successor finds it done."""
    if job.row.state.is_terminal or not job.executions.all_terminal:
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
        if job.row.state in (JobState.CREATED, JobState.RUNNING):
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
    logs_asked = any(ExecutionState.DEPLOYING in e.timestamps for e in job.record.executions.values())
    for effect in list(job.record.outbox):
        job.no_longer_want(effect)
    for allocation in list(job.record.allocations.values()):
        if allocation.state in ("RELEASING", "GONE"):
            continue
        release = ReleaseSlot(allocation=allocation.allocation, job=job.id, epoch=job.epoch, time=job.now.wall)
        job.put_allocation(replace(allocation, state="RELEASING"))
        job.claim(allocation, "WITHDRAWN")
        job.send(ToSlot(allocation.allocation, release))
        job.send(ToTaskManager(allocation.taskmanager, release))
    job.send(ToResourceManager(SlotRequestsCancelled(job=job.id, epoch=job.epoch, time=job.now.wall)))
    job.released = True
    job.timers.clear()
    if logs_asked:
        job.want(DeleteLogs(generation=job.row.generation))


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
