"""Watermark alignment between slots: each tells how far its sources are, and hears how far those of others are.

A thread of its own, where a job has aligned sources. Source: FLIP-182, where the JobManager's coordinator stands
between.
"""

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from penstock.coordination.connection import is_away
from penstock.coordination.parts import Alignments
from penstock.operators.alignment import AlignmentGroup, groups_of

_log = structlog.get_logger(__name__)

#: seconds, beside five intervals, after which a slot that says nothing new holds nobody back
_SILENCE = 3.0
_SHORTEST = 0.02  #: seconds between two looks


class Heard:
    """What other slots say of one group. A row is `<counter> <ms or ->`: one that no longer changes is of a dead slot,
    and so are all of them while Redis is away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[bytes, float]] = {}

    def take(self, rows: Mapping[str, bytes]) -> None:
        """The rows of all others as they are now."""
        now = self._clock()
        before = self._seen
        self._seen = {m: before[m] if m in before and before[m][0] == row else (row, now) for m, row in rows.items()}

    def lowest(self, patience: float) -> int | None:
        """The lowest watermark (ms) that was heard in the last `patience` seconds."""
        now = self._clock()
        live = [row.split()[1] for row, since in self._seen.values() if now - since <= patience]
        return min((int(raw) for raw in live if raw != b"-"), default=None)


class SlotAlignment:
    """`look` starts the thread where it is needed; `close` ends it."""

    def __init__(self, alignments: Alignments, job: str, allocation: str) -> None:
        self._alignments, self._job, self._allocation = alignments, job, allocation
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard: dict[str, Heard] = {}
        self._counter = 0

    def look(self) -> None:
        """After a task has begun to run. From the slot's loop."""
        if self._thread is None and groups_of(self._job):
            self._thread = threading.Thread(target=self._run, name="slot-alignment", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """The slot's sources have ended."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def turn(self) -> float:
        """Tell and hear once of each group; seconds until the next time."""
        groups = groups_of(self._job)
        self._counter += 1
        for name, group in groups.items():
            heard = self._heard.setdefault(name, Heard())
            try:
                heard.take(self._alignments.tell(self._job, name, self._allocation, self._row(group)))
            except Exception as error:
                if not is_away(error):
                    raise
            group.elsewhere = heard.lowest(_SILENCE + 5 * group.interval)
        return max(_SHORTEST, min((group.interval for group in groups.values()), default=1.0))

    def _row(self, group: AlignmentGroup) -> bytes:
        lowest = group.lowest()
        return b"%d %s" % (self._counter, b"-" if lowest is None else b"%d" % lowest)

    def _run(self) -> None:
        wait = 0.0
        while not self._closing.wait(wait):
            try:
                wait = self.turn()
            except Exception:
                # sources go their own way: what they read is the same
                _log.exception("watermarks are aligned within this slot only")
                self._let_go()
                return
        try:
            for name in self._heard:
                self._alignments.leave(self._job, name, self._allocation)
        except Exception as error:
            if not is_away(error):
                _log.exception("a slot that has ended is still listed in its alignment groups")

    def _let_go(self) -> None:
        for group in groups_of(self._job).values():
            group.elsewhere = None
