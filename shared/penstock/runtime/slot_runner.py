"""The mailbox loop of a slot: tasks in turn, the exchange's sockets, commands from other threads."""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from penstock.exchange.errors import Fenced
from penstock.runtime.interruption import Interrupted, Interruption
from penstock.runtime.task import Task


class Exchange(Protocol):
    """What the loop needs of `SlotExchange` and `LocalExchange`."""

    def sockets(self) -> Sequence[Any]:
        """File objects to wait for."""

    def on_readable(self, source: Any) -> None:
        """One of them has something."""

    def flush(self, idle: bool) -> None:
        """Send what is due; everything where the loop is idle."""

    def next_deadline(self) -> float | None:
        """`time.monotonic` at which something is due."""


class SlotRunner:
    """Runs tasks until they have ended. All but `submit` belongs to one thread."""

    def __init__(self, exchange: Exchange | None = None, on_change: Callable[[Task], None] = lambda task: None) -> None:
        self.exchange = exchange
        self.tasks: list[Task] = []
        self.current: Task | None = None  #: whose code runs just now
        self.interruption = Interruption()
        self._on_change = on_change
        self._reported: dict[Task, str] = {}
        self._mail: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._wake_here, self._wake_there = socket.socketpair()
        self._wake_here.setblocking(False)
        self._wake_there.setblocking(False)
        self._selector.register(self._wake_here, selectors.EVENT_READ)
        self._registered: list[Any] = []

    def submit(self, action: Callable[[], None]) -> None:
        """Have the loop do this between two steps. From any thread."""
        self._mail.append(action)
        try:
            self._wake_there.send(b"\0")
        except BlockingIOError:
            pass  # the pipe is full of wake-ups already
        except OSError:
            pass  # the loop has ended, and with it all that the action was for

    def add(self, task: Task) -> None:
        """Start a task and run it from now on."""
        self.tasks.append(task)
        task.wake = lambda: self.submit(_look_again)
        self.current = task
        with self.interruption.user_code():
            task.start()
        self.current = None
        self._report(task)

    def forget(self, task: Task) -> None:
        """Know nothing any more of a task that has ended."""
        self.tasks.remove(task)
        self._reported.pop(task, None)

    def forget_all(self) -> None:
        """Cancel what still runs, report it, and know nothing of any task any more."""
        for task in self.tasks:
            task.cancel()
            self._report(task)
        self.tasks.clear()
        self._reported.clear()

    def run(self, until: Callable[[], bool]) -> None:
        """Work until the condition holds; it is asked between rounds."""
        while not until():
            self.run_once()

    def run_once(self, longest_wait: float | None = None) -> bool:
        """One round. Sleeps where no task made progress, at most `longest_wait` seconds; None: until there is work."""
        try:
            progress = self._work()
        except Interrupted:
            # in a task that is being cancelled: the command to do so waits in the mail
            self.current = None
            return True
        self._with_exchange(lambda exchange: exchange.flush(not progress))
        for task in self.tasks:
            self._report(task)
        self._wait(0.0 if progress or self._mail else self._sleep_time(longest_wait))
        return progress

    def close(self) -> None:
        """Cancel what still runs, and free the sockets."""
        for task in self.tasks:
            task.cancel()
        self._selector.close()
        self._wake_here.close()
        self._wake_there.close()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _work(self) -> bool:
        # who waits for what a command does (`run`) is asked before the loop sleeps
        progress = bool(self._mail)
        while self._mail:
            self._mail.popleft()()
        with self.interruption.user_code():
            for task in self.tasks:
                self.current = task
                if task.step():
                    progress = True
            if not progress:
                for task in self.tasks:
                    self.current = task
                    task.on_idle()
        self.current = None
        return progress

    def _report(self, task: Task) -> None:
        if self._reported.get(task) != task.state:
            self._reported[task] = task.state
            self._on_change(task)

    def _sleep_time(self, longest: float | None) -> float | None:
        waits = [] if longest is None else [longest]
        waits += [wait for task in self.tasks if (wait := task.wait_time()) is not None]
        deadline = None if self.exchange is None else self.exchange.next_deadline()
        if deadline is not None:
            waits.append(max(0.0, deadline - time.monotonic()))
        return min(waits, default=None)

    def _wait(self, timeout: float | None) -> None:
        self._register_sockets()
        if timeout == 0.0 and not self._registered:
            return
        for key, _ in self._selector.select(timeout):
            if key.fileobj is self._wake_here:
                self._drain_wake_ups()
            else:
                source = key.fileobj
                self._with_exchange(lambda exchange, source=source: exchange.on_readable(source))  # type: ignore[misc]

    def _drain_wake_ups(self) -> None:
        try:
            while self._wake_here.recv(4096):
                pass
        except BlockingIOError:
            pass  # empty

    def _register_sockets(self) -> None:
        if self.exchange is None:
            return
        wanted = list(self.exchange.sockets())
        if wanted == self._registered:
            return
        for known in self._registered:
            self._selector.unregister(known)
        for new in wanted:
            self._selector.register(new, selectors.EVENT_READ)
        self._registered = wanted

    def _with_exchange(self, action: Callable[[Exchange], None]) -> None:
        """The exchange's errors are those of the tasks that depend on it."""
        if self.exchange is None:
            return
        try:
            action(self.exchange)
        except Fenced as e:
            for task in self.tasks:
                if (task.vertex, task.info.subtask, task.info.attempt) == (e.vertex, e.subtask, e.attempt):
                    task.cancel()
        except Exception as e:
            for task in self.tasks:
                task.fail(e)


def _look_again() -> None:
    """Mail that ends a sleep, so that tasks are looked at."""
