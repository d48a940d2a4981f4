"""NumberSequenceSource. Source: `pyflink.datastream.connectors.number_seq`."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from penstock.common.typeinfo import TypeInformation, Types
from penstock.operators.specs import ReaderContext

__all__ = ["NumberSequenceSource"]


class NumberSequenceSource:
    """The numbers from `start` to `end`, both included, one range a subtask. ValueError if start > end."""

    deterministic = True

    def __init__(self, start: int, end: int) -> None:
        if start > end:
            raise ValueError(f"'from' must be <= 'to': {start}, {end}")
        self.bounded = True
        self._start = start
        self._end = end

    def get_produced_type(self) -> TypeInformation:
        return Types.LONG()

    def enumerate_splits(self, parallelism: int) -> list[range]:
        count = self._end - self._start + 1
        bounds = [self._start + count * i // parallelism for i in range(parallelism + 1)]
        return [range(a, b) for a, b in pairwise(bounds)]

    def create_reader(self, context: ReaderContext) -> "NumberSequenceReader":
        return NumberSequenceReader()


class NumberSequenceReader:
    """A split is the range of the numbers still to come."""

    def __init__(self) -> None:
        self._ranges: deque[range] = deque()

    def add_splits(self, splits: Sequence[range]) -> None:
        self._ranges.extend(splits)

    @property
    def has_more(self) -> bool:
        return any(self._ranges)

    def poll(self, max_records: int) -> list[int] | None:
        while self._ranges:
            head = self._ranges[0]
            batch, rest = head[:max_records], head[max_records:]
            if rest:
                self._ranges[0] = rest
            else:
                self._ranges.popleft()
            if batch:
                return list(batch)
        return None

    def snapshot(self) -> list[range]:
        return list(self._ranges)

    def close(self) -> None:
        self._ranges.clear()
