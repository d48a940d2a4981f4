"""Ends user code that does not come back to the mailbox loop: a signal to the main thread raises out of it.

What sleeps, waits or loops in Python ends by it, and `finally` blocks run. A call into C that neither returns nor looks
at signals does not: the JobMaster has its process killed after `task.cancellation.timeout`.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: of the process's main thread; Celery's soft time limit, which no slot has, uses it otherwise
_SIGNAL = signal.SIGUSR1
#: seconds that a cancelled task may take to come back by itself, and between two interruptions
PATIENCE = 1.0


class Interrupted(BaseException):
    """Raised in user code, whose `except Exception` is not to stop it."""


class SlotTerminated(BaseException):
    """The slot process was sent SIGTERM: its TaskManager leaves."""


class Interruption:
    """`user_code` marks where the main thread may be interrupted; our own code never is."""

    def __init__(self) -> None:
        self._inside = False
        self._installed = False

    @contextmanager
    def user_code(self) -> Iterator[None]:
        """Of the main thread."""
        self._inside = True
        try:
            yield
        finally:
            self._inside = False

    @contextmanager
    def handling(self, on_terminate: Callable[[], None]) -> Iterator[None]:
        """Have the signals handled as said above, where this is the main thread. `on_terminate`: SIGTERM came while no
        user code ran; called in the signal handler."""

        def interrupt(signum: int, frame: FrameType | None) -> None:
            self._raise(Interrupted)

        def terminate(signum: int, frame: FrameType | None) -> None:
            self._raise(SlotTerminated)
            on_terminate()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {
            _SIGNAL: signal.signal(_SIGNAL, interrupt),
            signal.SIGTERM: signal.signal(signal.SIGTERM, terminate),
        }
        self._installed = True
        try:
            yield
        finally:
            self._installed = False
            for signum, handler in previous.items():
                signal.signal(signum, handler)

    def interrupt_until(self, done: threading.Event, wanted: Callable[[], bool]) -> None:
        """In another thread: interrupt user code again and again until `done`, each time if it is `wanted`."""
        while not done.wait(PATIENCE):
            main = threading.main_thread().ident
            if self._installed and main is not None and wanted():
                signal.pthread_kill(main, _SIGNAL)

    def _raise(self, kind: type[BaseException]) -> None:
        if self._inside:
            # at once, and only once: what unwinds may pass through code of ours
            self._inside = False
            raise kind()
