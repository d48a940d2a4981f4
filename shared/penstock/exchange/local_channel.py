"""A channel between two tasks of one slot: a queue in memory, no bytes made."""

from collections import deque
from collections.abc import Callable
from typing import Any

from penstock.exchange.elements import CheckpointBarrier, Control, Element, LatencyMarker, RecordBatch, Watermark
from penstock.exchange.record_buffer import RecordBuffer

#: below this many records the next ones are joined to the batch that still waits
_SMALL = 1024


class LocalChannel:
    """Both ends of the queue; producer and consumer run in the same thread.

    The producer is blocked from `bound` records on, until the consumer has taken half of them. The consumer sees
    records as soon as they are emitted: there is nothing to flush.
    """

    def __init__(self, channel: int, bound: int) -> None:
        self.channel = channel
        self.sequence = 0  #: records emitted
        self.ordinal = 0  #: control elements emitted
        self.on_ready: Callable[[LocalChannel], None] | None = None  #: called when the queue is empty no more
        self.on_blocked: Callable[[bool], None] | None = (
            None  #: called when the producer may not go on, and when it may again
        )
        self.on_barrier: Callable[[CheckpointBarrier], None] | None = None  #: told of each one that is put in
        self.tap: Callable[[int, Element], None] | None = None  #: told of all that is put in
        self._queue: deque[Control | RecordBatch] = deque()
        self._last = RecordBuffer()
        self._records, self._bound, self._blocked = 0, bound, False

    def __bool__(self) -> bool:
        return bool(self._queue) or bool(self._last.values)

    # -- the producer's side -----------------------------------------------------------------------------------------
    def emit(self, values: list[Any], timestamps: list[int | None] | None, keys: list[Any] | None) -> None:
        """Hand records over by reference."""
        if not values:
            return
        was_empty = not self
        self.sequence += len(values)
        self._records += len(values)
        if self.tap is not None:
            # in lists of its own: what comes next may be added to these
            times, of = (None if column is None else column.copy() for column in (timestamps, keys))
            self.tap(self.channel, RecordBatch(values.copy(), times, of))
        self._last.add(values, timestamps, keys)
        if len(self._last) >= _SMALL:
            self._queue.append(self._last.take(len(self._last)))
        if self._records >= self._bound and not self._blocked:
            self._set_blocked(True)
        if was_empty:
            self._tell()

    def control(self, element: Control) -> None:
        """Append a control element behind everything emitted. A watermark replaces one that was not taken yet."""
        was_empty = not self
        if self._last.values:
            self._queue.append(self._last.take(len(self._last)))
        self.ordinal += 1
        if self.tap is not None:
            self.tap(self.channel, element)
        if self.on_barrier is not None and isinstance(element, CheckpointBarrier):
            self.on_barrier(element)
        if isinstance(element, Watermark) and self._queue and isinstance(self._queue[-1], Watermark):
            self._queue[-1] = element
        else:
            self._queue.append(element)
        if was_empty:
            self._tell()

    def mark(self, marker: LatencyMarker) -> None:
        """Append a latency marker behind everything emitted. It counts for nothing."""
        was_empty = not self
        if self._last.values:
            self._queue.append(self._last.take(len(self._last)))
        self._queue.append(marker)
        if was_empty:
            self._tell()

    # -- the consumer's side -----------------------------------------------------------------------------------------
    def take(self) -> Element | None:
        """The next element, None where there is none."""
        if self._queue:
            element = self._queue.popleft()
        elif self._last.values:
            element = self._last.take(len(self._last))
        else:
            return None
        if isinstance(element, RecordBatch):
            self._records -= len(element)
            if self._blocked and self._records <= self._bound // 2:
                self._set_blocked(False)
        return element

    def waiting(self) -> list[Element]:
        """All elements in it, which stay there."""
        last = self._last
        rest = [RecordBatch(last.values, last.timestamps, last.keys)] if last.values else []
        return [*self._queue, *rest]

    def push_back(self, barrier: CheckpointBarrier) -> None:
        """Return a barrier that has to wait; it is the next element again."""
        self._queue.appendleft(barrier)

    def _tell(self) -> None:
        if self.on_ready is not None:
            self.on_ready(self)

    def _set_blocked(self, blocked: bool) -> None:
        self._blocked = blocked
        if self.on_blocked is not None:
            self.on_blocked(blocked)
