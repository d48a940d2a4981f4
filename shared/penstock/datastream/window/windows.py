"""What a window is: a span of time, a number, or everything."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

from penstock.common.constants import MAX_LONG_VALUE

if TYPE_CHECKING:
    from penstock.datastream.window.assigner import MergingWindowAssigner


class Window(ABC):
    """A finite part of a stream."""

    @abstractmethod
    def max_timestamp(self) -> int:
        """The last timestamp (ms) that belongs to it."""


class TimeWindow(Window):
    """From `start` (inclusive) to `end` (exclusive), in ms since the epoch."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def max_timestamp(self) -> int:
        return self.end - 1

    def intersects(self, other: "TimeWindow") -> bool:
        """Whether they overlap or touch."""
        return self.start <= other.end and self.end >= other.start

    def cover(self, other: "TimeWindow") -> "TimeWindow":
        """The smallest window with both in it."""
        return TimeWindow(min(self.start, other.start), max(self.end, other.end))

    @staticmethod
    def get_window_start_with_offset(timestamp: int, offset: int, window_size: int) -> int:
        """The start of the window of `window_size` ms that has this timestamp in it."""
        return timestamp - (timestamp - offset) % window_size

    @staticmethod
    def merge_windows(
        windows: Iterable["TimeWindow"], callback: "MergingWindowAssigner.MergeCallback[TimeWindow]"
    ) -> None:
        """Tell `callback` of each group of windows that overlap or touch."""
        group: set[TimeWindow] = set()
        covered: TimeWindow | None = None
        for window in sorted(windows):
            if covered is not None and covered.intersects(window):
                covered = covered.cover(window)
            else:
                if covered is not None and len(group) > 1:
                    callback.merge(group, covered)
                group, covered = set(), window
            group.add(window)
        if covered is not None and len(group) > 1:
            callback.merge(group, covered)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.start == other.start and self.end == other.end

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def __lt__(self, other: "TimeWindow") -> bool:
        return self._bounds() < self._of(other)

    def __le__(self, other: "TimeWindow") -> bool:
        return self._bounds() <= self._of(other)

    def __repr__(self) -> str:
        return f"TimeWindow(start={self.start}, end={self.end})"

    def _bounds(self) -> tuple[int, int]:
        return self.start, self.end

    @staticmethod
    def _of(other: "TimeWindow") -> tuple[int, int]:
        if not isinstance(other, TimeWindow):
            raise TypeError(f"a TimeWindow can only be compared with another one, not with {other!r}")
        return other._bounds()


class CountWindow(Window):
    """The `id`-th window of a key, counted from 0."""

    __slots__ = ("id",)

    def __init__(self, id: int) -> None:
        self.id = id

    def max_timestamp(self) -> int:
        return MAX_LONG_VALUE

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"CountWindow(id={self.id})"


class GlobalWindow(Window):
    """The one window of `GlobalWindows`."""

    __slots__ = ()

    @staticmethod
    def get() -> "GlobalWindow":
        return GlobalWindow()

    def max_timestamp(self) -> int:
        return MAX_LONG_VALUE

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "GlobalWindow"
