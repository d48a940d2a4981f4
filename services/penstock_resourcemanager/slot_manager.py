"""The pure state machine of the ResourceManager: events and observations in, one Decision out. No I/O, no clock.

A slot:   free -> granted (row, OfferSlot sent) -> confirmed (its TaskManager's own row shows the allocation)
               -> free, only when the TaskManager reports SlotFreed, or is gone itself.
"""

from collections.abc import Iterable

import msgspec

from penstock.coordination.messages import (
    OfferSlot,
    ReleaseSlot,
    ResourceEvent,
    SlotFreed,
    SlotLost,
    SlotRequestsCancelled,
    SlotsRequested,
    TaskManagerLeft,
    TaskManagerRegistered,
)
from penstock.coordination.rows import DemandRow, LedgerRow, TaskManagerRow
from penstock_resourcemanager.allocation_id import is_allocation_id, job_of, make_allocation_id, number_of, request_of
from penstock_resourcemanager.decision import Decision
from penstock_resourcemanager.ledger import Ledger
from penstock_resourcemanager.observed import Observed
from penstock_resourcemanager.placement import free_slots, place
from penstock_resourcemanager.workers import Workers


class SlotManager:
    """One leader's. A successor starts from the rows and takes every grant for unconfirmed until it has looked.

    workers: TaskManagers that are started as slots are missing; None: none are.
    first_allocation: where this leader's counter of allocations stands; ids carry the epoch, so they are never reused.
    offer_timeout: seconds after which an unconfirmed offer is repeated and its request answered elsewhere.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        epoch: int,
        offer_timeout: float,
        first_allocation: int = 0,
        workers: Workers | None = None,
    ) -> None:
        self.ledger = ledger
        self.workers = workers
        self.epoch = epoch
        self.next_allocation = first_allocation
        self._offer_timeout = offer_timeout
        self._confirmed: set[str] = set()
        #: when an offer, or its taking back, was last sent by this leader
        self._sent: dict[str, float] = {}

    def handle(self, events: Iterable[ResourceEvent], observed: Observed) -> Decision:
        """Take the events in order, then what was observed, then grant what can be granted."""
        for event in events:
            match event:
                case TaskManagerRegistered():
                    self._registered(event, observed)
                case TaskManagerLeft():
                    if self._is_current(event.taskmanager, event.incarnation):
                        self._drop_taskmanager(
                            event.taskmanager, f"TaskManager {event.taskmanager} left", observed, planned=True
                        )
                        self.ledger.decision.removed.append((event.taskmanager, event.incarnation))
                case SlotsRequested():
                    self._forget_replaced(event.job, event.requests)
                    self._requested(event.job, event.requests, observed)
                case SlotRequestsCancelled():
                    self.ledger.drop_demand(event.job)
                case SlotFreed():
                    self._freed(event)
        for taskmanager, incarnation in observed.lost.items():
            if self._is_current(taskmanager, incarnation):
                self._drop_taskmanager(taskmanager, f"the heartbeat of TaskManager {taskmanager} timed out", observed)
            elif taskmanager in self.ledger.taskmanagers:
                continue
            self.ledger.decision.removed.append((taskmanager, incarnation))
        self._look_at_slots(observed)
        self._take_back(observed)
        self._grant(observed)
        if self.workers is not None:
            self.workers.settle(self.missing(), observed)
        self._forget_gone()
        return self.ledger.take_decision()

    def unconfirmed(self) -> set[str]:
        """TaskManagers with grants that this leader has not seen confirmed: their slot rows are worth a look."""
        return {row.taskmanager for row in self.ledger.slots.values() if row.allocation not in self._confirmed}

    def occupied(self) -> set[str]:
        """TaskManagers with slots that the ledger holds for a job: to be compared with their own rows now and then."""
        return {row.taskmanager for row in self.ledger.slots.values()}

    def missing(self) -> int:
        """Slots that are wanted and not there: for the resource provider."""
        wanted = sum(len(demand.requests) for demand in self.ledger.demands.values())
        free = sum(map(len, self._free_slots().values()))
        return max(0, wanted - free)

    # -- events ----------------------------------------------------------------------------------------------------

    def _registered(self, event: TaskManagerRegistered, observed: Observed) -> None:
        name = event.taskmanager
        if observed.registered is None or observed.registered.get(name) != event.incarnation:
            return
        if name in self.ledger.taskmanagers and not self._is_current(name, event.incarnation):
            self._drop_taskmanager(name, f"TaskManager {name} registered anew", observed)
        self.ledger.put_taskmanager(
            TaskManagerRow(
                taskmanager=name, incarnation=event.incarnation, slots=event.slots, host=event.host, queue=event.queue
            )
        )
        for slot, allocation in sorted(event.occupied.items()):
            self._adopt(name, event.incarnation, slot, allocation, observed)

    def _adopt(self, taskmanager: str, incarnation: str, slot: int, allocation: str, observed: Observed) -> None:
        """The TaskManager's word on what occupies its slot stands against the ledger's."""
        if not is_allocation_id(allocation):
            return
        row = self.ledger.slots.get((taskmanager, slot))
        self._confirmed.add(allocation)
        if row is None or row.allocation != allocation:
            request = request_of(allocation)
            self.ledger.put_slot(
                LedgerRow(
                    allocation=allocation,
                    job=job_of(request),
                    request=request,
                    taskmanager=taskmanager,
                    incarnation=incarnation,
                    slot=slot,
                )
            )
            if row is not None:
                self._requested(row.job, (row.request,), observed)
        self._answered(self.ledger.slots[taskmanager, slot])

    def _forget_replaced(self, job: str, requests: Iterable[str]) -> None:
        """A JobMaster names all its open requests. An earlier one that it names no more was answered or replaced; left
        in the demand it would ask for a slot too many: for ever, where there is none."""
        demand, named = self.ledger.demands.get(job), set(requests)
        if demand is None or not named:
            return
        # Numbers only rise, so a late copy forgets nothing that was asked for after it.
        newest = max(map(number_of, named))
        kept = tuple(request for request in demand.requests if request in named or number_of(request) > newest)
        self._keep_requests(demand, kept)

    def _requested(self, job: str, requests: Iterable[str], observed: Observed) -> None:
        if job in observed.ended:
            return
        granted = self.ledger.granted_requests()
        self._want(job, [request for request in requests if request not in granted], observed)

    def _want(self, job: str, requests: list[str], observed: Observed) -> None:
        present = self.ledger.demands.get(job)
        known = present.requests if present else ()
        added = tuple(request for request in dict.fromkeys(requests) if request not in known)
        if not added:
            return
        if present is None:
            order = max((demand.order for demand in self.ledger.demands.values()), default=0) + 1
            present = DemandRow(job=job, requests=(), since=observed.time, order=order)
        self.ledger.put_demand(msgspec.structs.replace(present, requests=known + added))

    def _answered(self, row: LedgerRow) -> None:
        """The row's offer has reached the job: its request needs no other slot."""
        demand = self.ledger.demands.get(row.job)
        if demand is not None:
            self._keep_requests(demand, tuple(request for request in demand.requests if request != row.request))

    def _keep_requests(self, demand: DemandRow, requests: tuple[str, ...]) -> None:
        if requests == demand.requests:
            return
        if requests:
            self.ledger.put_demand(msgspec.structs.replace(demand, requests=requests))
        else:
            self.ledger.drop_demand(demand.job)

    def _freed(self, event: SlotFreed) -> None:
        row = self.ledger.slots.get((event.taskmanager, event.slot))
        if row and row.allocation == event.allocation and row.incarnation == event.incarnation:
            self.ledger.drop_slot(row)

    def _drop_taskmanager(self, taskmanager: str, reason: str, observed: Observed, *, planned: bool = False) -> None:
        for row in self.ledger.slots_of(taskmanager):
            self.ledger.drop_slot(row)
            if row.job in observed.ended:
                continue
            lost = SlotLost(
                epoch=self.epoch, time=observed.time, allocation=row.allocation, reason=reason, planned=planned
            )
            self.ledger.decision.job_events.append((row.job, lost))
            if row.allocation not in self._confirmed:
                self._requested(row.job, (row.request,), observed)
        self.ledger.drop_taskmanager(taskmanager)

    # -- observations ----------------------------------------------------------------------------------------------

    def _look_at_slots(self, observed: Observed) -> None:
        for (taskmanager, slot), row in sorted(self.ledger.slots.items()):
            seen = observed.slots.get(taskmanager, {}).get(slot)
            if seen is None or seen.incarnation != row.incarnation:
                continue
            if seen.allocation == row.allocation:
                self._confirmed.add(row.allocation)
                self._answered(row)
            elif row.allocation in self._confirmed:
                self.ledger.drop_slot(row)  # allocations are never reused: what was there and is gone, is gone for good
            elif seen.state != "FREE":
                continue
            elif row.job in observed.ended:
                # The offer lies before our ReleaseSlot in the TaskManager's commands: whether it was taken or not, no
                # slot stays set aside.
                taken_back = self._sent.get(f"back:{row.allocation}")
                if taken_back is not None and observed.now - taken_back >= self._offer_timeout:
                    self.ledger.drop_slot(row)
            elif self._due(row.allocation, observed.now):
                # Not taken back: the TaskManager may read the offer any moment. Another slot may answer first.
                self._offer(row, observed)
                self._want(row.job, [row.request], observed)

    def _take_back(self, observed: Observed) -> None:
        for job in sorted(observed.ended & self.ledger.demands.keys()):
            self.ledger.drop_demand(job)
        for row in list(self.ledger.slots.values()):
            key = f"back:{row.allocation}"
            if row.job in observed.ended and self._due(key, observed.now, at_once=True):
                self._sent[key] = observed.now
                release = ReleaseSlot(epoch=self.epoch, time=observed.time, allocation=row.allocation, job=row.job)
                self.ledger.decision.commands.append((row.taskmanager, release))

    def _due(self, key: str, now: float, *, at_once: bool = False) -> bool:
        if key not in self._sent:
            self._sent[key] = now  # a successor gives its predecessor's offers the full time
            return at_once
        return now - self._sent[key] >= self._offer_timeout

    # -- grants ----------------------------------------------------------------------------------------------------

    def _grant(self, observed: Observed) -> None:
        for demand in sorted(self.ledger.demands.values(), key=lambda demand: demand.order):
            chosen = place(self._free_slots(), len(demand.requests))
            if chosen is None:
                continue
            self.ledger.drop_demand(demand.job)
            for request, (taskmanager, slot) in zip(demand.requests, chosen, strict=True):
                row = LedgerRow(
                    allocation=make_allocation_id(request, self.epoch, self.next_allocation),
                    job=demand.job,
                    request=request,
                    taskmanager=taskmanager,
                    incarnation=self.ledger.taskmanagers[taskmanager].incarnation,
                    slot=slot,
                )
                self.next_allocation += 1
                self.ledger.put_slot(row)
                self._offer(row, observed)

    def _free_slots(self) -> dict[str, list[int]]:
        leaving = self.ledger.leaving()
        staying = {name: row for name, row in self.ledger.taskmanagers.items() if name not in leaving}
        return free_slots(staying, self.ledger.slots)

    def _offer(self, row: LedgerRow, observed: Observed) -> None:
        self._sent[row.allocation] = observed.now
        offer = OfferSlot(
            epoch=self.epoch,
            time=observed.time,
            allocation=row.allocation,
            request=row.request,
            job=row.job,
            slot=row.slot,
            incarnation=row.incarnation,
        )
        self.ledger.decision.commands.append((row.taskmanager, offer))

    def _is_current(self, taskmanager: str, incarnation: str) -> bool:
        row = self.ledger.taskmanagers.get(taskmanager)
        return row is not None and row.incarnation == incarnation

    def _forget_gone(self) -> None:
        held = {row.allocation for row in self.ledger.slots.values()}
        self._confirmed &= held
        self._sent = {key: sent for key, sent in self._sent.items() if key.removeprefix("back:") in held}
