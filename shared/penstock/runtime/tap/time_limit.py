"""TimeLimit: user code that only makes a text of a record may not hold up its task."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


class TookTooLong(BaseException):
    """Raised out of the code, whose `except Exception` is not to stop it."""


class TimeLimit:
    """`seconds`: of one call. A call into C that does not look at signals ends when it ends."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._inside = False

    def call(self, code: Callable[[], None]) -> None:
        """Call it; TookTooLong. Without a limit outside of the main thread, and where SIGALRM is in use."""
        if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
            code()
            return
        former = signal.signal(signal.SIGALRM, self._over)
        try:
            self._inside = True
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
            code()
        finally:
            self._inside = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, former)

    def _over(self, signum: int, frame: FrameType | None) -> None:
        if self._inside:
            # at once, and only once: what unwinds may pass through code of ours
            self._inside = False
            raise TookTooLong()
