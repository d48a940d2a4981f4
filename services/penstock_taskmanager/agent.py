"""The agent: a thread of the worker's parent process. Registration, heartbeat, commands, dead children, the self probe.

It works under the fork guard and only waits outside of it, in one selector: a note from the worker's main thread, the
death of a child, an answer on the command stream, or the next deadline.
"""

import selectors
import signal
import socket
import threading
import time

import redis.exceptions
import structlog

from penstock.coordination.coordination import Coordination
from penstock.service.admission import Admission, NotAdmitted
from penstock.service.exposition import Families
from penstock.service.outage import is_outage, what_is_wrong
from penstock_taskmanager.announcements import Announcements
from penstock_taskmanager.child_watch import ChildWatch
from penstock_taskmanager.command_reader import CommandReader
from penstock_taskmanager.fork_guard import ForkGuard
from penstock_taskmanager.leaving import stop_children
from penstock_taskmanager.probe import Probe
from penstock_taskmanager.registrar import Registrar, new_incarnation
from penstock_taskmanager.settings import Settings
from penstock_taskmanager.slot_folders import SlotFolders
from penstock_taskmanager.slot_keeper import SlotKeeper
from penstock_taskmanager.worker_control import WorkerControl
from penstock_taskmanager.worker_link import ChildStarted, Leave, ProbeSeen, WorkerLink

#: seconds
_ANNOUNCE_EVERY = 1.0
#: after a process came or went
_ANNOUNCE_SOON = 0.2
_RETRY_AFTER = 0.2
_LONGEST_WAIT = 0.5

_log = structlog.get_logger()


class Agent:
    """`start` it once the worker is about to start; it ends by itself when the worker leaves."""

    def __init__(
        self,
        settings: Settings,
        coordination: Coordination,
        reader: CommandReader,
        link: WorkerLink,
        guard: ForkGuard,
        control: WorkerControl,
        folders: SlotFolders,
    ) -> None:
        self._settings = settings
        self._coordination = coordination
        self._reader = reader
        self._link = link
        self._guard = guard
        self._control = control
        self._folders = folders
        self._admission = Admission(coordination)
        self._registrar = Registrar(coordination, settings)
        self._announcements = Announcements(coordination.registry, settings)
        self._selector = selectors.DefaultSelector()
        self._selector.register(link.fileno(), selectors.EVENT_READ, ("link", 0))
        self._children = ChildWatch(self._selector)
        self._probe = Probe(settings.probe_interval, settings.probe_timeout)
        self._keeper: SlotKeeper | None = None
        self._awaited: socket.socket | None = None
        self._dying: set[int] = set()
        self._gone: list[int] = []
        self._accepted = self._refused = 0
        self._next_heartbeat = self._next_announcement = self._retry_at = 0.0
        self._away = False
        self._left = False
        self.last_turn = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="agent", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def expects(self, allocation: str) -> bool:
        """Whether a hint for it may be meant for us. Called by the worker's main thread."""
        keeper = self._keeper
        expected = keeper is not None and keeper.table.expects(allocation)
        if expected:
            self._accepted += 1
        else:
            self._refused += 1
        return expected

    def show(self, families: Families) -> None:
        """Deliveries of the Celery queue, processes, heartbeats. Any thread."""
        labels = {"tm_id": self._settings.taskmanager}
        families.counter("penstock_celery_deliveries", "Hints that went to a slot.", labels, self._accepted)
        families.counter(
            "penstock_celery_deliveries_refused", "Hints that were late copies, or nobody's.", labels, self._refused
        )
        families.gauge("penstock_slot_processes", "Processes of slots.", labels, len(self._children.pids))
        families.gauge("penstock_redis_away", "Whether Redis is away.", labels, self._away)
        families.gauge("penstock_probe_failing", "Whether the Celery consumer is stuck.", labels, self._probe.failing)

    def health(self) -> str | None:
        """Why the TaskManager is not healthy. Redis being away is no reason."""
        if not self._thread.is_alive():
            return "the agent has ended"
        stalled = time.monotonic() - self.last_turn
        if stalled > 15:
            return f"the agent has not advanced for {stalled:.0f} s"
        return "the Celery consumer does not pick up probes" if self._probe.failing else None

    def descriptors(self) -> list[int]:
        """Ours alone: a forked child closes its copies."""
        return [self._selector.fileno(), *self._link.descriptors(), *self._children.descriptors()]

    def _run(self) -> None:
        try:
            while not self._left:
                due = min(self._next_heartbeat, self._next_announcement)
                wait = max(0.0, min(_LONGEST_WAIT, due - time.monotonic()))
                ready = [key.data for key, _ in self._selector.select(wait)]
                with self._guard.working():
                    self._turn(ready)
                    self.last_turn = time.monotonic()
        except BaseException:
            # Without its agent a worker is a zombie: better none at all, and the ResourceManager finds out.
            _log.critical("the agent failed", exc_info=True)
            self._control.terminate(1)
            raise

    def _turn(self, ready: list[tuple[str, int]]) -> None:
        exited = [pid for kind, pid in ready if kind == ChildWatch.EXITED]
        for pid in exited:
            self._child_exited(pid)
        try:
            self._attend(ready)
        finally:
            # last: a job waits to hear of the process, nobody for its files
            for pid in exited:
                self._folders.remove(pid)

    def _attend(self, ready: list[tuple[str, int]]) -> None:
        for message in self._link.take():
            match message:
                case ChildStarted():
                    self._children.add(message.pid, message.sentinel)
                    self._announce_soon()
                case ProbeSeen() if message.token == self._control.token:
                    self._probe.seen(message.number, time.monotonic())
                case Leave():
                    self._leave(message)
                    return
        now = time.monotonic()
        if now < self._retry_at:
            return
        try:
            self._with_redis(now, answered=("commands", 0) in ready)
        except redis.exceptions.RedisError as error:
            if not is_outage(error):
                raise
            self._on_outage(error)
        else:
            if self._away:
                _log.info("Redis is back")
            self._away = False

    def _with_redis(self, now: float, *, answered: bool) -> None:
        if not self._admission.is_admitted and not self._join():
            return
        entries = self._read_answer() if answered else []
        if self._keeper is not None:
            self._keeper.take_commands(entries)
            self._keeper.settle(now)
            if now >= self._next_heartbeat:
                self._next_heartbeat = now + self._settings.heartbeat_interval
                self._heartbeat(self._keeper, now)
        elif self._probe.answered and not self._dying:
            self._register()
        else:
            self._coordination.ping()
            self._next_heartbeat = now + self._settings.heartbeat_interval
        if self._keeper is not None:
            self._await_commands()
        if now >= self._next_announcement:
            self._next_announcement = now + _ANNOUNCE_EVERY
            self._announce()
        self._act_on_probe(now)

    def _join(self) -> bool:
        """Whether the cluster takes us; if not, this is the end."""
        try:
            self._admission.look()
        except NotAdmitted as error:
            _log.critical(f"refused to join: {error}")
            self._leave(Leave("the cluster has another secret", status=2))
            return False
        return True

    def _heartbeat(self, keeper: SlotKeeper, now: float) -> None:
        known, rows = self._registrar.heartbeat(keeper.table)
        if not known:
            self._forget_registration()
            return
        if keeper.table.has_strays(rows, self._children.pids, now):
            _log.error("the slots' rows came back older than they were: registering anew")
            self._forget_registration()
            return
        keeper.look(rows, now, self._children.pids)
        for kill in keeper.to_kill:
            _log.error("killing a slot's process", pid=kill.pid, reason=kill.reason)
            self._children.kill(kill.pid, signal.SIGKILL)
        keeper.to_kill.clear()

    def _register(self) -> None:
        """All children of an earlier incarnation are gone; what was commanded to it is skipped."""
        stream = self._coordination.keys.taskmanager_commands(self._settings.taskmanager)
        self._reader.cursor = self._coordination.events.last_id(stream)
        table = self._registrar.register(new_incarnation())
        self._keeper = SlotKeeper(self._coordination, table, self._reader)
        self._next_announcement = 0.0

    def _forget_registration(self) -> None:
        self._stop_reading()
        self._keeper = None
        self._dying = set(self._children.pids)
        for pid in self._dying:
            self._children.kill(pid, signal.SIGKILL)

    def _child_exited(self, pid: int) -> None:
        self._children.remove(pid)
        self._control.replace_child()
        self._dying.discard(pid)
        self._gone.append(pid)
        self._announce_soon()
        if self._keeper is not None:
            self._keeper.child_exited(pid)

    def _announce_soon(self) -> None:
        """Not at once: the slots' own business comes first, and the worker cannot fork meanwhile."""
        self._next_announcement = min(self._next_announcement, time.monotonic() + _ANNOUNCE_SOON)

    def _announce(self) -> None:
        self._admission.look()
        while self._gone:
            self._announcements.forget_slot(self._gone[0])
            self._gone.pop(0)
        rows = self._keeper.rows() if self._keeper else {}
        self._announcements.announce(rows, self._children.pids, self._refused)
        if self._keeper is not None:
            self._keeper.trim()

    def _act_on_probe(self, now: float) -> None:
        match self._probe.act(now):
            case "send":
                if self._control.send_probe(self._probe.number):
                    self._probe.sent(now)
                else:
                    self._probe.not_sent(now)
            case "restart":
                _log.error("the worker has stopped consuming: restarting its consumer")
                self._control.restart_consumer()
            case "interrupt":
                _log.error("the worker has stopped consuming: closing its connections")
                self._control.interrupt_consumer()

    # -- the command stream -----------------------------------------------------------------------------------------

    def _await_commands(self) -> None:
        self._reader.request()
        if self._awaited is None:
            self._awaited = self._reader.socket
            assert self._awaited is not None, "a read was just requested"
            self._selector.register(self._awaited, selectors.EVENT_READ, ("commands", 0))

    def _stop_waiting(self) -> None:
        if self._awaited is not None:
            self._selector.unregister(self._awaited)
            self._awaited = None

    def _read_answer(self) -> list[tuple[str, bytes]]:
        self._stop_waiting()
        return self._reader.answer()

    def _stop_reading(self) -> None:
        self._stop_waiting()
        self._reader.disconnect()

    # -- outages and the end ----------------------------------------------------------------------------------------

    def _on_outage(self, error: Exception) -> None:
        """Tasks go on; nothing is held against the worker; everything is taken up where it stopped."""
        if not self._away:
            _log.warning(what_is_wrong(error), error=str(error))
        self._away = True
        now = time.monotonic()
        self._retry_at = now + _RETRY_AFTER
        self._next_heartbeat = self._retry_at
        self._probe.outage(now)
        self._stop_reading()

    def _leave(self, leave: Leave) -> None:
        """Slots stop, then the cluster is told, then the worker may end. The guard keeps it from forking meanwhile."""
        _log.info("leaving", reason=leave.reason)
        self._left = True
        self._stop_reading()
        keeper, self._keeper = self._keeper, None
        stop_children(self._children)
        try:
            if keeper is not None:
                self._registrar.leave(keeper.table.incarnation)
            for pid in self._children.pids:
                self._announcements.forget_slot(pid)
            self._announcements.forget()
        except redis.exceptions.RedisError as error:
            if not is_outage(error):
                raise
            _log.warning("left without telling: Redis is away", error=str(error))
        self._control.terminate(leave.status)
