"""Timers of one time domain: a heap by time, one timer a (time, key), in the order of registration within a time."""

import heapq
import pickle
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.graph.key_groups import key_group


class TimerQueue:
    """Registered timers. Registering one twice keeps one, as in Flink. Times are epoch ms.

    Ties go by registration and not by hash: firing is a function of the input's order, after a restore too.
    """

    __slots__ = ("_heap", "_live", "_next")

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

    def snapshot(self, max_parallelism: int) -> dict[int, bytes]:
        """Key group -> pickled [(time, order, key), …]."""
        groups: dict[int, list[tuple[int, int, Any]]] = {}
        for (timestamp, key), number in self._live.items():
            groups.setdefault(key_group(key, max_parallelism), []).append((timestamp, number, key))
        return {group: pickle.dumps(timers, protocol=5) for group, timers in groups.items()}

    def restore(self, snapshots: Iterable[Mapping[int, bytes]], owned: range) -> None:
        """Take the timers of the key groups in `owned`; call once, on an empty queue."""
        found = [
            timer
            for snapshot in snapshots
            for group, payload in snapshot.items()
            if group in owned
            for timer in pickle.loads(payload)
        ]
        for timestamp, _, key in sorted(found, key=lambda timer: timer[:2]):
            self.register(timestamp, key)
