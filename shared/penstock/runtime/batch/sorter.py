"""Records by key, and of each key by timestamp: in memory as far as they fit, else in sorted runs on disk."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from penstock.exchange.elements import MIN_TIMESTAMP, RecordBatch
from penstock.graph.key_groups import stable_hash
from penstock.runtime.batch.runs import Record, Run

#: (input, timestamp in ms, value); MIN_TIMESTAMP for a record without
Sorted = tuple[int, int, Any]


class KeySorter:
    """First all `add`, then `groups` once.

    Equal timestamps keep the order of arrival; between two inputs they alternate, as Flink merges them. Two keys with
    the same 64-bit hash are one where the sorter needed the disk.
    """

    def __init__(self, inputs: int, records_in_memory: int) -> None:
        self._limit = records_in_memory
        self._tables: list[dict[Any, list[Record]]] = [{} for _ in range(inputs)]
        self._runs: list[list[Run]] = [[] for _ in range(inputs)]
        self._held = self._number = 0

    def add(self, side: int, batch: RecordBatch) -> None:
        """Records of one input. Those without a key count as having the key None."""
        table, number = self._tables[side], self._number
        keys = batch.keys if batch.keys is not None else [None] * len(batch)
        times = batch.timestamps if batch.timestamps is not None else [None] * len(batch)
        for key, time, value in zip(keys, times, batch.values, strict=True):
            number += 1
            record = (MIN_TIMESTAMP if time is None else time, number, value)
            group = table.get(key)
            if group is None:
                table[key] = [record]
            else:
                group.append(record)
        self._number = number
        self._held += len(batch)
        if self._held > self._limit:
            self._spill()

    def groups(self) -> Iterator[tuple[Any, Iterator[Sorted]]]:
        """Key after key with its records, which have to be taken before the next key is."""
        if any(self._runs):
            self._spill()
            yield from self._merged()
        else:
            yield from self._in_memory()

    def close(self) -> None:
        """Give the disk space back."""
        for run in (run for runs in self._runs for run in runs):
            run.close()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _in_memory(self) -> Iterator[tuple[Any, Iterator[Sorted]]]:
        for key in in_order(dict.fromkeys(key for table in self._tables for key in table)):
            yield key, alternating([iter(sorted(table.pop(key, ()))) for table in self._tables])

    def _spill(self) -> None:
        for table, runs in zip(self._tables, self._runs, strict=True):
            if table:
                hashed = sorted(((stable_hash(key), key) for key in table), key=lambda pair: pair[0])
                runs.append(Run((number, key, sorted(table[key])) for number, key in hashed))
                table.clear()
        self._held = 0

    def _merged(self) -> Iterator[tuple[Any, Iterator[Sorted]]]:
        while heads := [run for runs in self._runs for run in runs if run.head is not None]:
            first = min(heads, key=lambda run: run.head or 0)
            hashed = first.head
            assert hashed is not None
            sides: list[Iterator[Record]] = [heapq.merge(*(run.records(hashed) for run in runs)) for runs in self._runs]
            yield first.key, alternating(sides)


def alternating(sides: list[Iterator[Record]]) -> Iterator[Sorted]:
    """Merge sorted inputs by timestamp; where both have the same, take from the one not taken from last."""
    if len(sides) == 1:
        for time, _, value in sides[0]:
            yield 0, time, value
        return
    heads = [next(side, None) for side in sides]
    last = 1
    while True:
        left, right = heads
        if left is None and right is None:
            return
        if left is None or right is None:
            side = 1 if left is None else 0
        elif left[0] == right[0]:
            side = 1 - last
        else:
            side = 0 if left[0] < right[0] else 1
        record = heads[side]
        assert record is not None
        heads[side], last = next(sides[side], None), side
        yield side, record[0], record[2]


def in_order(keys: Iterable[Any]) -> list[Any]:
    """By their own order; those of their first records where they have none."""
    found = list(keys)
    try:
        return sorted(found)
    except TypeError:
        return found
