"""Phase one: the job is CREATED and collects its slots; after a restart, those that it has lost."""

from collections.abc import Iterable

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import AllocationClaimed, ReleaseSlot, SlotOffered, SlotsRequested
from penstock.coordination.rows import AllocationRow, ExecutionRow
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager import deployment, restore
from penstock_jobmanager.decision import ToResourceManager, ToSlot, ToTaskManager
from penstock_jobmanager.effects import SendHint
from penstock_jobmanager.job import Job

REQUEST_TIMER = "slots"
HINT_TIMER = "hint:"  #: and the allocation
#: RUNNING: for tasks that are restarted alone
_ACCEPTS = (JobState.CREATED, JobState.RUNNING)


def schedule(job: Job) -> None:
    """INITIALIZING -> CREATED: make the executions and ask for all slots at once."""
    job.enter(JobState.CREATED, start_time=job.row.start_time or job.now.wall)
    for slot in job.slots:
        for vertex, subtask in slot:
            first = ExecutionRow(
                vertex=vertex,
                subtask=subtask,
                state=ExecutionState.CREATED,
                epoch=job.epoch,
                timestamps={ExecutionState.CREATED: job.now.wall},
            )
            job.put_execution(first)
            job.move((vertex, subtask), ExecutionState.SCHEDULED)
    restore.read_savepoint(job)
    request(job, range(len(job.slots)))


def request(job: Job, places: Iterable[int]) -> None:
    """Ask for a slot for each of these places; nothing where there are none."""
    count = len(job.slots)
    for place in places:
        number = job.row.next_allocation
        number += (place - number) % count
        job.put_request(f"{job.id}-{number}")
        job.change(next_allocation=number + 1)
    if job.record.requests:
        job.arm(REQUEST_TIMER, job.options.slot_request_timeout)
        _ask(job)


def give_back(job: Job, allocation: AllocationRow) -> None:
    """The slot goes back to its TaskManager, whatever its process does; nobody may claim it any more."""
    release = ReleaseSlot(allocation=allocation.allocation, job=job.id, epoch=job.epoch, time=job.now.wall)
    job.put_allocation(replace(allocation, state="RELEASING"))
    job.claim(allocation, "WITHDRAWN")
    job.send(ToSlot(allocation.allocation, release))
    job.send(ToTaskManager(allocation.taskmanager, release))
    job.no_longer_want(HINT_TIMER + allocation.allocation)
    job.disarm(HINT_TIMER + allocation.allocation)


def arm(job: Job) -> None:
    """Timers of this phase, for one who takes over."""
    if job.record.requests:
        job.arm(REQUEST_TIMER, job.options.slot_request_timeout)
    for allocation in job.record.allocations.values():
        if allocation.state == "OFFERED":
            job.arm(HINT_TIMER + allocation.allocation, job.options.claim_timeout)


def on_offered(job: Job, offer: SlotOffered) -> None:
    """Accept the first offer to a request that is still open; send every other one back."""
    known = job.record.allocations.get(offer.allocation)
    if known is not None and known.state in ("OFFERED", "CLAIMED"):
        return
    if known or offer.request not in job.record.requests or job.row.state not in _ACCEPTS:
        back = ReleaseSlot(allocation=offer.allocation, job=job.id, epoch=job.epoch, time=job.now.wall)
        job.send(ToTaskManager(offer.taskmanager, back))
        return
    allocation = AllocationRow(
        allocation=offer.allocation,
        taskmanager=offer.taskmanager,
        incarnation=offer.incarnation,
        slot=offer.slot,
        queue=offer.queue,
        host=offer.host,
        place=job.slot_number(offer.request),
    )
    job.drop_request(offer.request)
    job.put_allocation(allocation)
    for subtask in job.slots[job.slot_number(offer.request)]:
        if job.record.executions[subtask].state is not ExecutionState.SCHEDULED:
            continue
        job.put_execution(
            replace(
                job.record.executions[subtask],
                allocation=offer.allocation,
                taskmanager=offer.taskmanager,
                endpoint=offer.host,
            )
        )
    job.claim(allocation, "OFFERED")
    hint(job, allocation)
    if job.record.requests:
        _say_what_is_missing(job)
    else:
        job.disarm(REQUEST_TIMER)
        job.change(message="")
        if job.row.state is JobState.CREATED:
            deployment.prepare(job)


def on_claimed(job: Job, event: AllocationClaimed) -> None:
    """A slot process has the allocation: no more hints."""
    allocation = job.record.allocations.get(event.allocation)
    if allocation is None or allocation.state != "OFFERED" or allocation.incarnation != event.incarnation:
        return
    job.put_allocation(replace(allocation, state="CLAIMED", pid=event.pid))
    job.no_longer_want(HINT_TIMER + event.allocation)
    job.disarm(HINT_TIMER + event.allocation)


def hint(job: Job, allocation: AllocationRow) -> None:
    """Have the slot told by Celery, and look again later: the message may be lost."""
    job.want(SendHint(allocation=allocation.allocation, queue=allocation.queue))
    job.arm(HINT_TIMER + allocation.allocation, job.options.claim_timeout)


def replace_request(job: Job, slot: int, lost: str | None = None) -> None:
    """Ask for another process for a shared slot, whose first one (or whose request `lost`) went before any deploy."""
    count = len(job.slots)
    number = job.row.next_allocation
    number += (slot - number) % count
    if lost is not None:
        job.drop_request(lost)
    job.put_request(f"{job.id}-{number}")
    job.change(next_allocation=number + 1)
    if REQUEST_TIMER not in job.timers:
        job.arm(REQUEST_TIMER, job.options.slot_request_timeout)
    _ask(job)


def missing(job: Job) -> Failure:
    """Why a job that did not get its slots in time fails."""
    total, seconds = len(job.slots), job.options.slot_request_timeout
    return Failure(
        message=f"NoResourceAvailableException: could not get {len(job.record.requests)} of {total} slots "
        f"within {seconds:g} s (slot.request.timeout): start more TaskManagers, or run it at a lower parallelism"
    )


def _ask(job: Job) -> None:
    requests = tuple(sorted(job.record.requests, key=lambda request: int(request.rsplit("-", 1)[1])))
    job.send(ToResourceManager(SlotsRequested(job=job.id, requests=requests, epoch=job.epoch, time=job.now.wall)))
    _say_what_is_missing(job)


def _say_what_is_missing(job: Job) -> None:
    job.change(message=f"waiting for {len(job.record.requests)} of {len(job.slots)} slots")
