"""From a lease that was won to an epoch that is new for certain: a Redis that came back older gives some out again.

WON -> (claim in checkpoint storage) -> NEW, or GIVEN OUT BEFORE -> (the lease again, far beyond) -> claim once more.

Dying anywhere here does no harm: nothing was written under the epoch yet.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import structlog

from penstock.checkpoint.leadership import Leadership, LeadershipMirror

#: how far an epoch jumps: further than the counter can have come since it was noted
MARGIN = 100
#: seconds until the cluster is led without: storage is away, and jobs wait for slots
PATIENCE = 10.0
_AGAIN = 0.5

T = TypeVar("T")
_log = structlog.get_logger()


def compare(epoch: int, revision: int, known: Leadership | None) -> str | None:
    """Why Redis is older than it was; None where nothing shows that."""
    if known is None:
        return None
    if known.epoch >= epoch:
        return f"it gives out epoch {epoch} again, and was at {known.epoch}"
    if known.revision > revision:
        return f"the ledger's revision is {revision}, and was {known.revision}"
    return None


class Takeover:
    """`take_again`: the lease once more, at this epoch at least; None: it is another's. `older`: why Redis is known to
    have come back older. `now` is monotonic seconds."""

    def __init__(
        self,
        mirror: LeadershipMirror | None,
        epoch: int,
        revision: Callable[[], int],
        take_again: Callable[[int], int | None],
        now: float,
        older: str | None = None,
    ) -> None:
        self._mirror, self._revision, self._take_again = mirror, revision, take_again
        self._epoch, self._older = epoch, older
        self._until, self._next = now + PATIENCE, now
        self._claim: Future[Leadership | None] | None = None
        self._jumped = False

    def step(self, now: float) -> int | None:
        """The epoch to lead under; None: not known yet. LookupError: the lease is lost. May raise a Redis error, and
        may then be called again."""
        if self._mirror is None:
            return self._without()
        if self._claim is None and now >= self._next:
            mirror, epoch = self._mirror, self._epoch
            self._claim = in_background(lambda: mirror.claim(epoch, time.time_ns() // 1_000_000))
        if self._claim is not None and self._claim.done():
            error = self._claim.exception()
            if error is None:
                return self._compared(self._claim.result())
            _log.warning("the mirror of the epoch cannot be read or written", error=str(error))
            self._claim, self._next = None, now + _AGAIN
        if now < self._until:
            return None
        _log.error("led without the mirror in checkpoint storage: a Redis that came back older goes unnoticed")
        return self._without()

    def _without(self) -> int:
        return self._epoch if self._older is None or self._jumped else self._jump(self._older, self._epoch)

    def _compared(self, known: Leadership | None) -> int | None:
        # a ledger that is older stays so; once is enough
        revision = known.revision if known and self._jumped else self._revision()
        reason = (None if self._jumped else self._older) or compare(self._epoch, revision, known)
        if reason is None:
            return self._epoch
        self._jump(reason, max(self._epoch, known.epoch if known else 0))
        self._claim = None
        return None

    def _jump(self, reason: str, known: int) -> int:
        _log.error("the coordination Redis came back older", reason=reason)
        epoch = self._take_again(known + MARGIN)
        if epoch is None:
            raise LookupError("the lease is lost")
        self._epoch, self._jumped = epoch, True
        return epoch


class Notes:
    """Keeps the ledger's revision in the mirror up to date, roughly and in the background."""

    EVERY = 5.0  #: seconds

    def __init__(self, mirror: LeadershipMirror | None, epoch: int) -> None:
        self._mirror, self._epoch = mirror, epoch
        self._noted = 0
        self._next = 0.0
        self._writing: Future[None] | None = None

    def take(self, revision: int, now: float) -> None:
        """The revision that is committed."""
        if self._mirror is None or revision == self._noted or now < self._next:
            return
        if self._writing is not None and not self._writing.done():
            return
        if self._writing is not None and (error := self._writing.exception()) is not None:
            _log.warning("the mirror of the ledger's revision cannot be written", error=str(error))
        self._noted, self._next = revision, now + self.EVERY
        mirror, epoch = self._mirror, self._epoch
        self._writing = in_background(lambda: mirror.note(epoch, revision, time.time_ns() // 1_000_000))


def in_background(call: Callable[[], T]) -> "Future[T]":
    """In a thread that keeps no process from ending: storage may hang for good."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="mirror", daemon=True).start()
    return future
