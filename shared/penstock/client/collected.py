"""What of a collect log the program sees: each record once, whatever restarts between. Pure.

Source: Flink's `CollectResultIterator`, which hands out records of a job with checkpoints once they are in a complete
one, and gives up where a job without them starts again.
"""

import pickle
from collections import deque
from typing import Any

from penstock.exchange.collect_log import GATED, CollectEntry, CollectKind
from penstock.exchange.header import NO_ATTEMPT, Attempt


class CollectError(RuntimeError):
    """The records cannot be had once each, in order."""


class Collected:
    """Takes the entries in order; `take` and `end` return the records that are the program's now."""

    def __init__(self, job_id: str) -> None:
        self._job = job_id
        self._attempt: Attempt = NO_ATTEMPT
        self._gated = False
        self._have = self._released = self._committed = 0
        self._pending: deque[Any] = deque()  #: records above `_released`
        self._end: int | None = None  #: how many records the newest attempt says there are

    def take(self, entry: CollectEntry) -> list[Any]:
        """CollectError: records are missing, or would come again."""
        if entry.attempt < self._attempt:
            return []
        match entry.kind:
            case CollectKind.START if entry.attempt != self._attempt:
                self._start(entry)
            case CollectKind.DATA:
                self._data(entry)
            case CollectKind.COMMITTED:
                self._committed = max(self._committed, entry.seq)
            case CollectKind.END:
                self._end = entry.seq
        return self._release(min(self._committed, self._have) if self._gated else self._have)

    def end(self) -> list[Any]:
        """The job is FINISHED: all that the newest attempt sent counts. CollectError: not all of it is here."""
        if self._end is None or self._end > self._have:
            raise CollectError(f"job {self._job} is FINISHED, but {self._lost(self._have, self._end)}")
        return self._release(self._have)

    def _start(self, entry: CollectEntry) -> None:
        is_first, self._attempt = self._attempt == NO_ATTEMPT, entry.attempt
        self._gated, self._end = entry.payload == GATED, None
        if is_first:
            self._have = self._released = entry.before
            self._committed = entry.seq
            return
        if not self._gated and self._released > entry.seq:
            raise CollectError(
                f"job {self._job} was restarted from its beginning after {self._released} of its records were read, "
                "which would come again: enable checkpointing, or switch restarts off"
            )
        kept = max(self._released, min(self._have, entry.seq))
        while self._have > kept:
            self._pending.pop()
            self._have -= 1
        self._committed = max(self._released, entry.seq)

    def _data(self, entry: CollectEntry) -> None:
        if entry.seq <= self._have:
            return
        if entry.before > self._have:
            raise CollectError(f"job {self._job}: {self._lost(self._have, entry.before)}")
        self._pending.extend(pickle.loads(entry.payload)[self._have - entry.before :])
        self._have = entry.seq

    @staticmethod
    def _lost(have: int, upto: int | None) -> str:
        last = "" if upto is None else f" to {upto}"
        return (
            f"its collected records from {have + 1}{last} are gone: the exchange Redis lost them, or another client "
            "has read them"
        )

    def _release(self, upto: int) -> list[Any]:
        released = [self._pending.popleft() for _ in range(upto - self._released)]
        self._released = max(self._released, upto)
        return released
