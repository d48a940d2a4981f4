"""Barriers that are only counted: checkpoints at least once, whose channels are never blocked. Pure.

Source: Flink's `CheckpointBarrierTracker`.
"""

from collections.abc import Iterable

#: checkpoints that are counted at a time; the oldest is given up for one more
MOST = 50


class BarrierTracker:
    """State of one input gate. Each method returns the newest checkpoint that is complete by it, None for none."""

    def __init__(self, channels: Iterable[int]) -> None:
        self._channels = frozenset(channels)
        self._ended: set[int] = set()
        self._seen: dict[int, set[int]] = {}
        self.done_upto = 0  #: checkpoints up to this one are complete or cancelled

    @property
    def pending(self) -> tuple[int, ...]:
        """Checkpoints with some of their barriers, ascending."""
        return tuple(sorted(self._seen))

    def barrier(self, channel: int, checkpoint: int) -> int | None:
        """A barrier of a channel; an old or repeated one changes nothing."""
        if checkpoint <= self.done_upto:
            return None
        self._seen.setdefault(checkpoint, set()).add(channel)
        if len(self._seen) > MOST:
            del self._seen[min(self._seen)]
        return self._complete()

    def end(self, channel: int) -> int | None:
        """The channel ended: nothing waits for its barriers any more."""
        self._ended.add(channel)
        return self._complete()

    def cancel(self, checkpoint: int) -> None:
        """Forget all up to `checkpoint`; their later barriers are ignored."""
        self.done_upto = max(self.done_upto, checkpoint)
        for n in [n for n in self._seen if n <= self.done_upto]:
            del self._seen[n]

    def _complete(self) -> int | None:
        complete = max((n for n, seen in self._seen.items() if self._channels <= seen | self._ended), default=None)
        if complete is not None:
            self.cancel(complete)
        return complete
