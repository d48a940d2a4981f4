"""Timers of one time domain: a heap by time, one timer a (time, key), in the order of registration within a time."""

import heapq
from collections.abc import Iterable
from typing import Any


class TimerQueue:
    """Registered timers. Registering one twice keeps one, as in Flink. Times are epoch ms.

    Ties go by registration and not by hash: firing is a function of the input's order, after a restore too.
    """

    __slots__ = ("_heap", "_live", "_next")

    kind = "timers"

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Any]] = []
        self._live: dict[tuple[int, Any], int] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._live)

    def register(self, timestamp: int, key: Any) -> None:
        if (timestamp, key) not in self._live:
            self._live[timestamp, key] = self._next
            heapq.heappush(self._heap, (timestamp, self._next, key))
            self._next += 1

    def delete(self, timestamp: int, key: Any) -> None:
        """Forget a timer; nothing where there is none. Its place in the heap goes when its time comes."""
        self._live.pop((timestamp, key), None)

    def next_time(self) -> int | None:
        """The time of the earliest timer."""
        while self._heap:
            timestamp, number, key = self._heap[0]
            if self._live.get((timestamp, key)) == number:
                return timestamp
            heapq.heappop(self._heap)
        return None

    def pop_due(self, until: int) -> tuple[int, Any] | None:
        """Take out the earliest (time, key) at or before `until`."""
        due = self.next_time()
        if due is None or due > until:
            return None
        timestamp, _, key = heapq.heappop(self._heap)
        del self._live[timestamp, key]
        return timestamp, key

    def entries(self) -> Iterable[tuple[Any, Any]]:
        """(key, (time, order)) of each."""
        for (timestamp, key), number in self._live.items():
            yield key, (timestamp, number)

    def restore(self, entries: list[tuple[Any, Any]]) -> None:
        """Take these; on an empty queue. Timers of one time fire in their order, those of several subtasks by turns."""
        for key, (timestamp, _) in sorted(entries, key=_order):
            self.register(timestamp, key)


def _order(entry: tuple[Any, Any]) -> tuple[int, int]:
    timestamp, number = entry[1]
    return timestamp, number
