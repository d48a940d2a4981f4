"""The model's logs, and what decides which of their entries is processed next."""

from collections.abc import Callable
from typing import Any, TypeAlias

Channel: TypeAlias = tuple[str, int]
Entry: TypeAlias = tuple[Channel, str, int, Any]  #: channel, kind, seq, payload
Step: TypeAlias = tuple[Any, ...] | None


class Log:
    """A Redis stream: entries get rising ids; readers keep their own position."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def append(self, channel: Channel, kind: str, seq: int, payload: Any = None) -> None:
        self.entries.append((channel, kind, seq, payload))


class Aligner:
    """Decides, from the log alone, which entry is processed next. Entries behind an early barrier wait in place.

    `queue` holds ids to look at again, before any new one and in id order: releasing an alignment may at once start the
    next one (a barrier was among the waiting entries), and what still waits must not be overtaken by what is new.
    """

    def __init__(self, channels: list[Channel], position: int = 0) -> None:
        self.channels, self.position = set(channels), position  # position: next id never looked at
        self.aligning: int | None = None
        self.first: int | None = None
        self.blocked: set[Channel] = set()
        self.held: list[int] = []
        self.queue: list[int] = []
        self.ended: set[Channel] = set()
        self.done_upto = 0
        #: whether a barrier with this sequence stands where the channel is
        self.counts: Callable[[Channel, int], bool] = lambda channel, seq: True

    def next(self, log: Log) -> Step:
        """("entry", id) | ("aligned", n, first) | ("entry+aligned", id, n, first) | ("skip",) | None."""
        if self.queue:
            return self._look(self.queue.pop(0), log)
        if self.position < len(log.entries):
            self.position += 1
            return self._look(self.position - 1, log)
        return None

    def _look(self, at: int, log: Log) -> Step:
        channel, kind, seq, payload = log.entries[at]
        if kind == "cancel":
            self.done_upto = max(self.done_upto, payload)
            if self.aligning is not None and self.aligning <= payload:
                self.release()
            return ("skip",)
        if self.aligning is not None and channel in self.blocked:
            self.held.append(at)
            return ("skip",)
        if kind == "barrier":
            return self._barrier(at, channel, payload) if self.counts(channel, seq) else ("skip",)
        if kind == "eoi":
            self.ended.add(channel)
            done = self._complete()
            return ("entry+aligned", at, *done[1:]) if done else ("entry", at)
        return ("entry", at)

    def _barrier(self, at: int, channel: Channel, n: int) -> Step:
        if n <= self.done_upto or (self.aligning is not None and n < self.aligning):
            return ("skip",)
        if self.aligning is not None and n > self.aligning:
            self.held.append(at)
            self.release()
            return ("skip",)
        if self.aligning is None:
            self.aligning, self.first, self.blocked = n, at, set()
        self.blocked.add(channel)
        return self._complete() or ("skip",)

    def _complete(self) -> Step:
        if self.aligning is None or not self.channels <= self.blocked | self.ended:
            return None
        n, first = self.aligning, self.first
        self.done_upto = max(self.done_upto, n)
        self.release()
        return ("aligned", n, first)

    def release(self) -> None:
        self.queue = sorted(self.held + self.queue)
        self.aligning, self.first, self.blocked, self.held = None, None, set(), []
