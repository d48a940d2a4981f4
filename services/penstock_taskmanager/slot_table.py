"""The pure part of the agent: commands, dead children and time in, effects out. No I/O, no clock.

A slot:  FREE -> OFFERED (OfferSlot) -> ACTIVE (its process, by compare-and-set) -> FREE, once that process is gone.
         OFFERED -> FREE at once on ReleaseSlot: no process can have it any more.
The rows in Redis are the state; this remembers only what it was told. User code runs in no slot but an ACTIVE one.
"""

from collections.abc import Collection, Mapping

from penstock.coordination.messages import (
    OfferSlot,
    ReleaseSlot,
    SlotLost,
    SlotOffered,
    TaskManagerCommand,
    TaskManagerRegistered,
)
from penstock.coordination.rows import SlotRow
from penstock_taskmanager.effects import Effect, FreeSlot, KillChild, OfferToJob, TellJob, TellResourceManager

Rows = Mapping[int, SlotRow]
#: allocations remembered so that a repeated offer is recognised
_REMEMBERED = 10_000


class SlotTable:
    """Of one incarnation. `grace`: seconds from a ReleaseSlot until a process that stays is killed."""

    def __init__(self, *, taskmanager: str, incarnation: str, slots: int, host: str, queue: str, grace: float) -> None:
        self.taskmanager = taskmanager
        self.incarnation = incarnation
        self._slots = slots
        self._host = host
        self._queue = queue
        self._grace = grace
        #: allocation -> when its process is to be killed
        self._releasing: dict[str, float] = {}
        self._missing: set[int] = set()
        #: process -> the allocation it was seen to have made its own
        self._active: dict[int, str] = {}
        self._strays: dict[int, float] = {}
        #: allocations whose jobs wait to hear that the process is gone
        self._to_answer: set[str] = set()
        self._offered_once: dict[str, None] = {}
        #: allocations that a slot is set aside for, as far as it was decided here
        self._held: set[str] = set()

    def command(self, command: TaskManagerCommand, rows: Rows, now: float) -> list[Effect]:
        """Carry a command out. `now`: monotonic seconds."""
        if isinstance(command, OfferSlot):
            return self._offer(command, rows)
        return self._release(command, rows, now)

    def exited(self, pids: set[int], rows: Rows) -> list[Effect]:
        """These processes are gone. All commands written before must have been taken: a released slot is not lost."""
        effects: list[Effect] = []
        for slot, row in rows.items():
            if row.state != "ACTIVE" or row.pid not in pids:
                continue
            if row.allocation not in self._releasing:
                effects.append(self._lost(row, f"the process {row.pid} of slot {slot} of {self._name} died"))
            elif row.allocation in self._to_answer:
                effects.append(self._lost(row, f"the process {row.pid} of slot {slot} of {self._name} was ended"))
            effects.append(self._free(slot, row))
        return effects

    def orphans(self, rows: Rows, living: Collection[int]) -> set[int]:
        """Processes that rows name and that do not live, at two looks in a row: once is a fork not heard of yet.

        A process may die with its compare-and-set on its way, which arrives after its death was reported.
        """
        missing = {row.pid for row in rows.values() if row.state == "ACTIVE"} - set(living)
        found, self._missing = missing & self._missing, missing
        return found

    def has_strays(self, rows: Rows, living: Collection[int], now: float) -> bool:
        """Whether a process that had made a slot its own lives on, and its row says nothing of that: for so long that
        it was not about to end. The rows came back older than they were, and what runs here is nobody's any more."""
        active = {row.pid: row.allocation for row in rows.values() if row.state == "ACTIVE"}
        self._active = {pid: allocation for pid, allocation in self._active.items() if pid in living}
        stray = {pid for pid, allocation in self._active.items() if active.get(pid) != allocation}
        self._active |= {pid: allocation for pid, allocation in active.items() if pid in living}
        self._strays = {pid: self._strays.get(pid, now) for pid in stray}
        return any(now - since > self._grace for since in self._strays.values())

    def due(self, rows: Rows, now: float) -> list[Effect]:
        """Kill what stayed beyond its grace; free what was released while its process withdrew from it."""
        effects: list[Effect] = []
        held = {row.allocation: (slot, row) for slot, row in rows.items() if row.state != "FREE"}
        for allocation, deadline in list(self._releasing.items()):
            if allocation not in held:
                del self._releasing[allocation]
                continue
            slot, row = held[allocation]
            if row.state == "OFFERED":
                effects.append(self._free(slot, row))
            elif now >= deadline:
                self._releasing[allocation] = now + self._grace
                asked = allocation in self._to_answer
                stays = f"it did not leave slot {slot} within {self._grace:g} s of ReleaseSlot"
                effects.append(KillChild(row.pid, f"the tasks in slot {slot} do not stop" if asked else stays))
        return effects

    def registration(self, rows: Rows) -> TaskManagerRegistered:
        """Who we are and which slots are not free."""
        return TaskManagerRegistered(
            taskmanager=self.taskmanager,
            incarnation=self.incarnation,
            slots=self._slots,
            host=self._host,
            queue=self._queue,
            occupied={slot: row.allocation for slot, row in rows.items() if row.state != "FREE"},
        )

    def is_registered(self, registered: str | None, rows: Rows) -> bool:
        """Whether Redis still knows us: `registered` is the incarnation in our registration."""
        return (
            registered == self.incarnation
            and rows.keys() == set(range(self._slots))
            and all(row.incarnation == self.incarnation for row in rows.values())
        )

    def expects(self, allocation: str) -> bool:
        """Whether a hint for it may be meant for us. Any thread."""
        return allocation in self._held

    def _offer(self, command: OfferSlot, rows: Rows) -> list[Effect]:
        if command.allocation in self._offered_once:
            return []
        row = rows.get(command.slot)
        if command.incarnation != self.incarnation or row is None or row.state != "FREE":
            return [TellResourceManager(self.registration(rows))]
        self._offered_once[command.allocation] = None
        self._held.add(command.allocation)
        if len(self._offered_once) > _REMEMBERED:
            del self._offered_once[next(iter(self._offered_once))]
        offered = SlotRow(
            state="OFFERED",
            incarnation=self.incarnation,
            allocation=command.allocation,
            job=command.job,
            request=command.request,
        )
        event = SlotOffered(
            allocation=command.allocation,
            request=command.request,
            taskmanager=self.taskmanager,
            incarnation=self.incarnation,
            slot=command.slot,
            host=self._host,
            queue=self._queue,
        )
        return [OfferToJob(command.slot, offered, event)]

    def _release(self, command: ReleaseSlot, rows: Rows, now: float) -> list[Effect]:
        for slot, row in rows.items():
            if row.state == "FREE" or row.allocation != command.allocation:
                continue
            self._releasing.setdefault(command.allocation, now + self._grace)
            if row.state == "OFFERED":
                return [self._free(slot, row)]
            if command.answer:
                # its tasks had the job's time to stop; the process itself was not asked to leave
                self._releasing[command.allocation] = now
                self._to_answer.add(command.allocation)
            return []
        if command.answer:
            reason = f"no slot of {self._name} holds it any more"
            return [TellJob(command.job, SlotLost(allocation=command.allocation, reason=reason))]
        return []

    @property
    def _name(self) -> str:
        return f"TaskManager {self.taskmanager}"

    def _lost(self, row: SlotRow, reason: str) -> TellJob:
        return TellJob(row.job, SlotLost(allocation=row.allocation, reason=reason, pid=row.pid))

    def _free(self, slot: int, row: SlotRow) -> FreeSlot:
        self._held.discard(row.allocation)
        self._to_answer.discard(row.allocation)
        return FreeSlot(slot, row)
