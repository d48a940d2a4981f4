"""A slot's two threads towards the coordination Redis: commands in, events out in order; both outlive its absence.

The mailbox loop never waits for this Redis. One thread blocks in reads, so that a command is known at once; the other
sends, so that an event does not wait for a read to end.
"""

import os
import queue
import threading
import time
from collections.abc import Callable, Mapping

import structlog

from penstock.coordination.connection import is_away
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.messages import JobEvent, ReleaseSlot, SlotCommand, TaskStateChanged, decode, encode
from penstock.coordination.patience import retrying
from penstock.coordination.rows import SubtaskMetrics
from penstock.graph.states import ExecutionState

_log = structlog.get_logger(__name__)

_BLOCK_MS = 1000
#: commands
_TRIM_AFTER = 64
_METRICS_INTERVAL = 1.0
_PARENT_INTERVAL = 0.25


class CoordinationLink:
    """`on_command` and `on_tap` (somebody looks at an edge) are called in the reading thread; `metrics` and then
    `on_second` in the sending one, once a second.

    `attempts_kept`: of how many earlier attempts the counters are set aside.

    `on_error` is told what ends one of the threads: without them the slot cannot go on.
    """

    def __init__(
        self,
        coordination: Coordination,
        keys: Keys,
        job: str,
        allocation: str,
        on_command: Callable[[SlotCommand], None],
        metrics: Callable[[], Mapping[tuple[str, int], SubtaskMetrics]],
        on_error: Callable[[Exception], None],
        on_tap: Callable[[], None] = lambda: None,
        on_second: Callable[[], None] = lambda: None,
        attempts_kept: int = 0,
    ) -> None:
        self._coordination, self._job = coordination, job
        self._commands = keys.slot_commands(job, allocation)
        self._events = keys.events(f"job:{job}")
        self._taps, self._on_tap = keys.tap_wake(job), on_tap
        self._on_command, self._metrics, self._on_error = on_command, metrics, on_error
        self._on_second, self._attempts_kept = on_second, attempts_kept
        self._queue: queue.SimpleQueue[JobEvent | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._abandoned = threading.Event()
        self._parent = os.getppid()
        self._context = structlog.contextvars.get_contextvars()
        self._reader = threading.Thread(target=self._guarded, args=(self._read,), name="slot-commands", daemon=True)
        self._sender = threading.Thread(target=self._guarded, args=(self._send,), name="slot-events", daemon=True)

    def start(self) -> None:
        self._reader.start()
        self._sender.start()

    def report(self, event: JobEvent) -> None:
        """Queue an event; it is sent, perhaps twice, as soon as Redis takes it. From any thread."""
        self._queue.put(event)

    def close(self, patience: float) -> None:
        """Send what is queued, for at most `patience` seconds, and end both threads."""
        self._closing.set()
        self._queue.put(None)
        self._sender.join(patience)
        if self._sender.is_alive():
            _log.warning("events of the slot could not be sent", job=self._job)
        self._abandoned.set()
        self._sender.join()
        self._reader.join()

    def _guarded(self, body: Callable[[], None]) -> None:
        structlog.contextvars.bind_contextvars(**self._context)
        try:
            body()
        except Exception as e:
            # what stops a wait for Redis when the slot closes is no error
            if not (is_away(e) and self._closing.is_set()):
                self._on_error(e)

    # -- commands in -------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        cursor = taps = "0-0"
        taken = 0
        read = retrying("read the slot's commands", stop=self._closing.is_set)
        trim = retrying("forget the slot's commands that were taken", stop=self._closing.is_set)
        while not self._closing.is_set():
            found = read(self._coordination.events.read, {self._commands: cursor, self._taps: taps}, _BLOCK_MS)
            taken += len(found.get(self._commands, ()))
            for entry, payload in found.get(self._commands, ()):
                cursor = entry
                try:
                    command: SlotCommand = decode(payload, SlotCommand)  # type: ignore[arg-type]  # a union is no type
                except ValueError as e:
                    _log.error("command ignored: not one of a slot's", entry=entry, error=str(e))
                    continue
                self._on_command(command)
                if isinstance(command, ReleaseSlot):
                    return  # the last one; another read would hold up the end
            if woken := found.get(self._taps):
                taps = woken[-1][0]
                self._on_tap()
            if taken >= _TRIM_AFTER:
                # nobody else reads them, and each checkpoint brings two
                trim(self._coordination.events.trim, self._commands, cursor)
                taken = 0

    # -- events out --------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        append = retrying("report the state of tasks", stop=self._gives_up)
        next_metrics = time.monotonic() + _METRICS_INTERVAL
        while True:
            self._watch_parent()
            try:
                event = self._queue.get(timeout=_PARENT_INTERVAL)
            except queue.Empty:
                event = None
                if not self._closing.is_set() and time.monotonic() < next_metrics:
                    continue
            else:
                if event is not None:
                    self._put_last_metrics(event)
                    append(self._coordination.events.append, self._events, encode(event))
            now = time.monotonic()
            if now >= next_metrics or event is None:
                next_metrics = now + _METRICS_INTERVAL
                self._put_metrics()
            if self._closing.is_set() and self._queue.empty():
                return

    def _gives_up(self) -> bool:
        self._watch_parent()
        return self._abandoned.is_set()

    def _put_last_metrics(self, event: JobEvent) -> None:
        """Of a task that tells of its end: once that is known another attempt may take its place."""
        if isinstance(event, TaskStateChanged) and ExecutionState(event.state).is_terminal:
            self._put_metrics((event.vertex, event.subtask))

    def _put_metrics(self, task: tuple[str, int] | None = None) -> None:
        """Of one task, or of all with what is done `on_second`."""
        try:
            metrics = self._metrics()
            if task is not None:
                metrics = {key: row for key, row in metrics.items() if key == task}
            self._coordination.metrics.put_all(self._job, metrics, self._attempts_kept)
            if task is None:
                self._on_second()
        except Exception as e:
            # lost ones cost a second of display; events must not wait for them
            if not is_away(e):
                raise

    def _watch_parent(self) -> None:
        if os.getppid() != self._parent:
            # the TaskManager is gone and with it the right to the slot: no user code may run on
            _log.error("the TaskManager's process is gone; leaving")
            os._exit(1)
