"""Cleanup of a table in memory a few keys at a time: a cursor that starts again when it is through."""

from collections.abc import Callable, Iterator
from typing import Any


class IncrementalCleanup:
    """`left_of`: stored value -> what is left of it, None for nothing. `size`: keys looked at in one `run`."""

    def __init__(self, table: dict[Any, Any], left_of: Callable[[Any], Any], size: int) -> None:
        self._table, self._left_of, self._size = table, left_of, size
        self._cursor: Iterator[Any] = iter(())

    def run(self) -> None:
        for _ in range(min(self._size, len(self._table))):
            key = self._next()
            if key in self._table:
                stored = self._table[key]
                left = self._left_of(stored)
                if left is None:
                    del self._table[key]
                elif len(left) != len(stored):
                    self._table[key] = left

    def _next(self) -> Any:
        try:
            return next(self._cursor)
        except StopIteration:
            # a copy: the table changes under the cursor
            self._cursor = iter(list(self._table))
            return next(self._cursor)
