"""Records of `execute_and_collect` on their way to the program, in one process."""

from collections import deque
from typing import Any


class LocalCollector:
    """`is_transactional`: the program sees records only once the checkpoint that they belong to is complete."""

    def __init__(self, is_transactional: bool = False) -> None:
        self.records: deque[Any] = deque()
        self.ended = False
        self.bound: int | None = None  #: None: nobody iterates, so nobody would make room
        self._is_transactional = is_transactional
        self._written: list[Any] = []
        self._marked: dict[int, list[Any]] = {}

    @property
    def blocked(self) -> bool:
        return self.bound is not None and len(self.records) >= self.bound

    @property
    def is_drained(self) -> bool:
        return True

    def write(self, values: list[Any]) -> None:
        if self._is_transactional:
            self._written += values
        else:
            self.records.extend(values)

    def end(self) -> None:
        self.ended = True

    # -- checkpoints -------------------------------------------------------------------------------------------------

    def begin(self, state: Any) -> None:
        """`reset` has done it: the collector is the same over attempts."""

    def mark(self, checkpoint: int) -> None:
        """What was written so far belongs to this checkpoint."""
        if self._is_transactional:
            self._marked[checkpoint], self._written = self._written, []

    def release(self, checkpoint: int) -> None:
        """The checkpoint, and with it all before it, is complete."""
        for n in sorted(n for n in self._marked if n <= checkpoint):
            self.records.extend(self._marked.pop(n))

    def reset(self, checkpoint: int) -> None:
        """The job goes on from this checkpoint (0: from its beginning): the rest is written again."""
        # the task may have failed before it was told of it
        self.release(checkpoint)
        self._marked.clear()
        self._written = []
        self.ended = False
