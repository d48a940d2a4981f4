"""One leadership: reads events and observations, asks the slot manager, commits what it decided under the epoch."""

import secrets
import time
from collections.abc import Iterable

import structlog

from penstock.checkpoint.leadership import LeadershipMirror
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import ResourceEvent, SlotsRequested, TaskManagerRegistered, decode, encode
from penstock.coordination.operations import Commit, Op, StreamAdd
from penstock_resourcemanager.allocation_id import number_of
from penstock_resourcemanager.decision import Decision
from penstock_resourcemanager.ledger import Ledger
from penstock_resourcemanager.observed import Observed
from penstock_resourcemanager.provider import DriverError, Missing, WorkerDriver
from penstock_resourcemanager.pulse import Pulse
from penstock_resourcemanager.settings import Settings
from penstock_resourcemanager.slot_manager import SlotManager
from penstock_resourcemanager.takeover import Notes
from penstock_resourcemanager.workers import Workers

ROLE = "resourcemanager"
#: seconds between two trims of the event stream
TRIM_EVERY = 5.0
#: seconds between two comparisons of the whole ledger with the TaskManagers' own rows: an old event that came again may
#: have put a slot into the ledger that is free
AUDIT_EVERY = 5.0
#: seconds between two looks at the workers, and between two requests to stop one
WORKERS_EVERY = 0.5

_log = structlog.get_logger()


class FencedError(Exception):
    """Another leads: stop acting."""


class RolledBackError(Exception):
    """The rows are older than they were: lead on under a new epoch only."""


class Term:
    """Made after the lease was won. Every call may raise a Redis error and may then simply be made again."""

    def __init__(
        self,
        coordination: Coordination,
        settings: Settings,
        epoch: int,
        driver: WorkerDriver | None = None,
        mirror: LeadershipMirror | None = None,
    ) -> None:
        self._coordination = coordination
        self._settings = settings
        self._driver = driver
        self._missing = Missing()
        self._next_workers = self._next_stop = 0.0
        self._pulse = Pulse(coordination.taskmanagers, settings.heartbeat_interval, settings.heartbeat_timeout)
        self._epoch = epoch
        self._notes = Notes(mirror, epoch)
        structlog.contextvars.bind_contextvars(epoch=epoch)
        # not from 0: a Redis that came back older hands out epochs again, and an allocation id names one grant for good
        self._next_allocation = time.time_ns() // 1_000_000
        self._unanswered: tuple[Commit, Decision] | None = None
        self._next_look = 0.0
        self._next_audit = time.monotonic() + AUDIT_EVERY
        self._next_trim = 0.0
        self._revision = 0
        self._cursor = "0-0"
        self._slot_manager = self._load()

    @property
    def epoch(self) -> int:
        """Of the lease."""
        return self._epoch

    def step(self) -> None:
        """Wait for events or the next heartbeat, decide, commit. Raises FencedError, RolledBackError."""
        if self._unanswered is not None:
            self._settle(*self._unanswered)
            return
        stream = self._coordination.keys.events(ROLE)
        block_ms = max(1, min(1000, round(self._pulse.due_in * 1000)))
        entries = self._coordination.events.read({stream: self._cursor}, block_ms).get(stream, [])
        events = [event for entry in entries if (event := _decoded(*entry)) is not None]
        decision = self._slot_manager.handle(events, self._observe(events))
        self._next_allocation = self._slot_manager.next_allocation
        if entries:
            self._cursor = entries[-1][0]
        if decision or entries:
            self._settle(self._commit_of(decision), decision)
        self._drive()

    def restart_liveness(self) -> None:
        """After an outage of Redis."""
        self._pulse.restart()

    def _load(self) -> SlotManager:
        state = self._coordination.store.load(ROLE)
        if state.revision < self._revision:
            raise RolledBackError(f"the ledger's revision is {state.revision}, and was {self._revision}")
        self._revision = state.revision
        self._cursor = state.cursor
        _log.info("ledger loaded", epoch=self._epoch, revision=self._revision, rows=len(state.rows))
        ledger = Ledger.load(state.rows)
        return SlotManager(
            ledger,
            epoch=self._epoch,
            offer_timeout=self._settings.offer_timeout,
            first_allocation=self._next_allocation,
            workers=None if self._driver is None else Workers(ledger, self._settings.workers, secrets.token_hex(4)),
        )

    def _observe(self, events: Iterable[ResourceEvent]) -> Observed:
        ledger = self._slot_manager.ledger
        jobs = ledger.jobs() | {event.job for event in events if isinstance(event, SlotsRequested)}
        registering = any(isinstance(event, TaskManagerRegistered) for event in events)
        taskmanagers = self._coordination.taskmanagers
        now = time.monotonic()
        look: set[str] = set()
        if now >= self._next_look:
            self._next_look = now + self._settings.heartbeat_interval
            look = self._slot_manager.unconfirmed()
        if now >= self._next_audit:
            self._next_audit = now + AUDIT_EVERY
            look |= self._slot_manager.occupied()
        return Observed(
            now=now,
            time=time.time_ns() // 1_000_000,
            registered={info.taskmanager: info.incarnation for info in taskmanagers.all()} if registering else None,
            ended=frozenset(jobs - self._coordination.submissions.live()) if jobs else frozenset(),
            lost=self._pulse.lost({name: row.incarnation for name, row in ledger.taskmanagers.items()}),
            slots={name: self._coordination.slots.all(name) for name in sorted(look)},
            workers=self._running_workers(now),
        )

    def _running_workers(self, now: float) -> frozenset[str] | None:
        if self._driver is None or now < self._next_workers:
            return None
        self._next_workers = now + WORKERS_EVERY
        try:
            return frozenset(self._driver.running())
        except DriverError as error:
            _log.error("the workers cannot be looked at", error=str(error))
            return None

    def _commit_of(self, decision: Decision) -> Commit:
        keys = self._coordination.keys
        ops: list[Op] = [StreamAdd(keys.events(f"job:{job}"), encode(event)) for job, event in decision.job_events]
        ops += [StreamAdd(keys.taskmanager_commands(name), encode(command)) for name, command in decision.commands]
        return Commit(
            role=ROLE,
            epoch=self._epoch,
            revision=self._revision,
            nonce=secrets.token_hex(8),
            rows={name: None if row is None else encode(row) for name, row in decision.rows.items()},
            cursor=self._cursor,
            ops=ops,
        )

    def _settle(self, commit: Commit, decision: Decision) -> None:
        """Commit until there is an answer: the slot manager's state is ahead of the rows until then."""
        self._unanswered = commit, decision
        answer = self._coordination.store.commit(commit)
        self._unanswered = None
        match answer:
            case "OK":
                self._revision += 1
                self._notes.take(self._revision, time.monotonic())
                self._after(decision)
            case "CONFLICT":
                _log.warning("the ledger was changed by another: reloading", revision=self._revision)
                self._slot_manager = self._load()
            case "FENCED":
                raise FencedError(f"epoch {self._epoch} is over")

    def _after(self, decision: Decision) -> None:
        """What may be lost without harm if this process dies here: a dead registration is found dead again."""
        for job, lost in decision.job_events:
            _log.warning("slot lost", job=job, allocation=lost.allocation, reason=lost.reason)
        for name, command in decision.commands:
            _log.info("command sent", taskmanager=name, command=type(command).__name__, allocation=command.allocation)
        for taskmanager, incarnation in decision.removed:
            self._remove(taskmanager, incarnation)
        if self._driver is None:
            self._missing.declare(self._slot_manager.missing())
        if time.monotonic() >= self._next_trim:
            self._next_trim = time.monotonic() + TRIM_EVERY
            self._coordination.events.trim(self._coordination.keys.events(ROLE), self._cursor)

    def _drive(self) -> None:
        """What is committed of the workers is done. One that could not be started is found missing and replaced."""
        workers = self._slot_manager.workers
        if self._driver is None or workers is None:
            return
        stopping = workers.to_stop if time.monotonic() >= self._next_stop else []
        if stopping:
            self._next_stop = time.monotonic() + WORKERS_EVERY
        try:
            while workers.to_start:
                worker = workers.to_start.pop(0)
                _log.info("starting a worker", worker=worker)
                self._driver.start(worker)
            for worker in stopping:
                self._driver.stop(worker)
        except DriverError as error:
            _log.error("a worker could not be started or stopped", error=str(error))

    def _remove(self, taskmanager: str, incarnation: str) -> None:
        """A TaskManager that registers again meanwhile notices missing rows and does so once more."""
        if self._coordination.taskmanagers.remove(taskmanager, incarnation):
            _log.warning("TaskManager removed", taskmanager=taskmanager, incarnation=incarnation)
            keys = self._coordination.keys
            self._coordination.client.delete(
                keys.slots(taskmanager), keys.beat(taskmanager), keys.taskmanager_commands(taskmanager)
            )


def _decoded(entry: str, payload: bytes) -> ResourceEvent | None:
    """A malformed event is logged and passed over: no leader would ever get past it."""
    try:
        event: ResourceEvent = decode(payload, ResourceEvent)  # type: ignore[arg-type]
        if isinstance(event, SlotsRequested):
            for request in event.requests:
                number_of(request)
        return event
    except ValueError as error:
        _log.error("event ignored: not one of the ResourceManager's", entry=entry, error=str(error))
        return None
