"""Carries out what the slot table decides. What Redis could not take yet stays queued, in order."""

from collections import deque
from collections.abc import Collection, Iterable

import structlog

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import SlotFreed, TaskManagerCommand, encode
from penstock.coordination.rows import SlotRow
from penstock_taskmanager.command_reader import CommandReader, decoded
from penstock_taskmanager.effects import Effect, FreeSlot, KillChild, OfferToJob, TellJob, TellResourceManager
from penstock_taskmanager.registrar import RESOURCE_MANAGER
from penstock_taskmanager.slot_table import Rows, SlotTable

_log = structlog.get_logger()


class SlotKeeper:
    """Of one incarnation. Every call may raise a Redis error; `settle` goes on where the last one stopped."""

    def __init__(self, coordination: Coordination, table: SlotTable, reader: CommandReader) -> None:
        self.table = table
        self._coordination = coordination
        self._reader = reader
        self._commands: deque[TaskManagerCommand] = deque()
        self._effects: deque[Effect] = deque()
        self._exited: set[int] = set()
        #: processes to be killed by the agent
        self.to_kill: list[KillChild] = []

    def take_commands(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Entries of the command stream, each once. A malformed one is logged and passed over."""
        for entry, payload in entries:
            try:
                self._commands.append(decoded(payload))
            except ValueError as error:
                _log.error("command ignored: not one of a TaskManager's", entry=entry, error=str(error))

    def child_exited(self, pid: int) -> None:
        """To be reported by the next `settle`."""
        self._exited.add(pid)

    def settle(self, now: float) -> None:
        """Carry out all commands and reports that wait."""
        if self._exited:
            # A process may leave upon a ReleaseSlot that we have not read yet: it was written no later than its own.
            stream = self._coordination.keys.taskmanager_commands(self.table.taskmanager)
            found = self._coordination.events.read({stream: self._reader.cursor})
            self.take_commands(self._reader.take(found.get(stream, [])))
        self._carry_out()
        while self._commands:
            self._effects.extend(self.table.command(self._commands[0], self.rows(), now))
            self._commands.popleft()
            self._carry_out()
        if self._exited:
            exited = set(self._exited)
            self._effects.extend(self.table.exited(exited, self.rows()))
            self._exited -= exited
            self._carry_out()

    def look(self, rows: Rows, now: float, living: Collection[int]) -> None:
        """What has become due since, by the rows of the last heartbeat. `living`: our processes."""
        self._exited |= self.table.orphans(rows, living)
        self._effects.extend(self.table.due(rows, now))
        self._carry_out()

    def trim(self) -> None:
        """Commands that were taken are of no use to anybody."""
        if self._reader.cursor != "0-0" and not self._commands:
            stream = self._coordination.keys.taskmanager_commands(self.table.taskmanager)
            self._coordination.events.trim(stream, self._reader.cursor)

    def rows(self) -> Rows:
        """Our slot rows as of now."""
        return self._coordination.slots.all(self.table.taskmanager)

    def _carry_out(self) -> None:
        while self._effects:
            self._apply(self._effects[0])
            self._effects.popleft()

    def _apply(self, effect: Effect) -> None:
        part, name = self._coordination, self.table.taskmanager
        events = part.keys.events
        match effect:
            case OfferToJob():
                told = (events(f"job:{effect.row.job}"), encode(effect.event))
                offered = part.slots.compare_and_set(name, effect.slot, "FREE", "", effect.row, told)
                _log.info("slot offered", slot=effect.slot, allocation=effect.row.allocation, done=offered)
            case FreeSlot():
                self._free(effect)
            case TellJob():
                part.events.append(events(f"job:{effect.job}"), encode(effect.event))
                _log.warning("told the job", job=effect.job, message=effect.event)
            case TellResourceManager():
                part.events.append(events(RESOURCE_MANAGER), encode(effect.event))
                _log.warning("told the ResourceManager", message=effect.event)
            case KillChild():
                self.to_kill.append(effect)

    def _free(self, effect: FreeSlot) -> None:
        row = effect.row
        freed = SlotFreed(
            taskmanager=self.table.taskmanager,
            incarnation=self.table.incarnation,
            slot=effect.slot,
            allocation=row.allocation,
        )
        done = self._coordination.slots.compare_and_set(
            self.table.taskmanager,
            effect.slot,
            row.state,
            row.allocation,
            SlotRow(state="FREE", incarnation=self.table.incarnation),
            (self._coordination.keys.events(RESOURCE_MANAGER), encode(freed)),
        )
        _log.info("slot freed", slot=effect.slot, allocation=row.allocation, done=done)
