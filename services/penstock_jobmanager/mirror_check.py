"""Asks checkpoint storage for a job's mirrors in the background, while the loop goes on leading other jobs."""

from collections.abc import Callable
from concurrent.futures import Future

import structlog

from penstock_jobmanager.mirrored import Mirrored

#: seconds until a job is led without: its storage is away, and its tasks cannot wait for ever to be led
PATIENCE = 10.0
_AGAIN = 0.5
#: seconds between two questions for the answer: soon it is there within ms, and a job waits for it to begin
_SOON, _PAUSE, _PAUSE_LATER = 0.5, 0.005, 0.05

_log = structlog.get_logger(__name__)


class MirrorCheck:
    """`read`: begins to read them. `now` is monotonic seconds throughout."""

    def __init__(self, read: Callable[[], "Future[Mirrored]"], now: float) -> None:
        self._read = read
        self._until = now + PATIENCE
        self._soon = now + _SOON
        self._next = now
        self._future: Future[Mirrored] | None = None

    def pause(self, now: float) -> float:
        """Seconds until `answer` is to be asked."""
        return _PAUSE if now < self._soon else _PAUSE_LATER

    def answer(self, now: float) -> Mirrored | None:
        """None: not known yet, ask again."""
        if self._future is None and now >= self._next:
            self._future = self._read()
        if self._future is not None and self._future.done():
            error = self._future.exception()
            if error is None:
                return self._future.result()
            _log.warning("the mirror in checkpoint storage cannot be read", error=str(error))
            self._future, self._next = None, now + _AGAIN
        if now < self._until:
            return None
        _log.error(
            "led without a look at the mirror in checkpoint storage: a Redis that came back older goes unnoticed"
        )
        return Mirrored()
