"""The arithmetic of tumbling and sliding windows: panes, and the windows that share them. Times are in ms."""

import math
from collections.abc import Collection


class WindowLayout:
    """Windows of `size`, one every `slide`, at `offset`. A pane is the longest span that no window's border divides."""

    __slots__ = ("offset", "pane", "size", "slide")

    def __init__(self, size: int, slide: int, offset: int) -> None:
        self.size, self.slide, self.offset = size, slide, offset
        self.pane = math.gcd(size, slide)

    @property
    def is_tumbling(self) -> bool:
        """Whether each pane is a window of its own."""
        return self.pane == self.size

    def pane_of(self, time: int) -> int:
        """The start of the pane that has `time` in it."""
        return time - (time - self.offset) % self.pane

    def windows_of(self, pane: int) -> range:
        """The starts of the windows with this pane in them, the latest first; none where windows leave gaps."""
        latest = pane - (pane - self.offset) % self.slide
        return range(latest, pane - self.size, -self.slide)

    def first_at(self, time: int) -> int:
        """The start of the first window that does not start before `time`."""
        return time + (self.offset - time) % self.slide

    def first_ending_after(self, time: int) -> int:
        """The start of the first window whose last millisecond is after `time`."""
        return self.first_at(time + 2 - self.size)

    def within(self, panes: Collection[int], start: int, end: int) -> list[int]:
        """Those of the panes that lie from `start` to before `end` (borders of panes), in order."""
        if (end - start) // self.pane <= len(panes):
            return [pane for pane in range(start, end, self.pane) if pane in panes]
        return sorted(pane for pane in panes if start <= pane < end)
