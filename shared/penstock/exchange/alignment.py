"""Barrier alignment as a function of the log alone (exchange.md, rule 2). Ported from the protocol's model.

Entries behind an early barrier wait *in the log*: only their ids are kept. When an alignment ends, by completion, by a
cancel entry or by a newer barrier, these ids are looked at again in id order before anything newer, because one of
them may be the next barrier, and what still waits behind that must not be overtaken.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

EntryId: TypeAlias = tuple[int, int]  #: a Redis stream id


@dataclass(frozen=True, slots=True)
class Aligned:
    """`first`: the id of the checkpoint's first barrier in the log, where a restored task resumes; None: no barrier
    was in it."""

    checkpoint_id: int
    first: EntryId | None


class Aligner:
    """State of one input gate. Channels in memory take part with the id None; their entries wait in their own
    queues."""

    def __init__(self, channels: Iterable[int], done_upto: int = 0) -> None:
        self._channels = frozenset(channels)
        self.done_upto = done_upto  #: checkpoints up to this one are aligned or cancelled
        self.ended: set[int] = set()
        self.queue: deque[EntryId] = deque()  #: ids to look at again, ascending, before any new entry
        self.blocked: set[int] = set()  #: channels whose barrier was seen; what comes next on them is to be held
        self._held: list[EntryId] = []
        self._aligning: int | None = None
        self._first: EntryId | None = None

    @property
    def aligning(self) -> int | None:
        """The checkpoint whose barriers are being waited for."""
        return self._aligning

    def first_waiting(self) -> EntryId | None:
        """The lowest id that still has to be looked at again. Nothing from it on may be trimmed."""
        waiting = [*self.queue, *self._held] if self._held else self.queue
        return min(waiting, default=None)

    def hold(self, at: EntryId) -> None:
        """Leave the entry of a blocked channel in the log."""
        self._held.append(at)

    def supersedes(self, checkpoint: int) -> bool:
        """Whether a barrier of `checkpoint` ends the alignment that is under way."""
        return self._aligning is not None and checkpoint > self._aligning

    def barrier(self, at: EntryId | None, channel: int, checkpoint: int) -> Aligned | None:
        """A barrier of a channel that is not blocked. One that supersedes the alignment releases it and waits in
        turn."""
        if checkpoint <= self.done_upto:
            return None
        if self._aligning is None:
            self._aligning = checkpoint
        elif checkpoint > self._aligning:
            if at is not None:
                self._held.append(at)
            self._release()
            return None
        elif checkpoint < self._aligning:
            return None
        if self._first is None:
            self._first = at
        self.blocked.add(channel)
        return self._complete()

    def end(self, channel: int) -> Aligned | None:
        """The channel ended: no alignment waits for it any more."""
        self.ended.add(channel)
        return self._complete()

    def cancel(self, checkpoint: int) -> None:
        """Release an alignment up to `checkpoint`; its later barriers are ignored."""
        self.done_upto = max(self.done_upto, checkpoint)
        if self._aligning is not None and self._aligning <= checkpoint:
            self._release()

    def _complete(self) -> Aligned | None:
        if self._aligning is None or not self._channels <= self.blocked | self.ended:
            return None
        aligned = Aligned(self._aligning, self._first)
        self.done_upto = max(self.done_upto, self._aligning)
        self._release()
        return aligned

    def _release(self) -> None:
        if self.queue:
            merged = list(self.queue)
            for at in self._held:
                insort(merged, at)
            self.queue = deque(merged)
        else:
            self.queue = deque(sorted(self._held))
        self._held = []
        self.blocked.clear()
        self._aligning = self._first = None
