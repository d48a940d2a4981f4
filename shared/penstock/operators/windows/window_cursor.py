"""Which windows end as time goes on: found from the panes that there are, so that a pane costs one entry, however many
windows share it."""

import heapq

from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.windows.layout import WindowLayout


class WindowCursor:
    """Goes over the windows that have a pane, in order, each once. Times are ms."""

    __slots__ = ("_heap", "_layout", "start")

    def __init__(self, layout: WindowLayout) -> None:
        self._layout = layout
        self._heap: list[int] = []
        self.start = layout.first_at(MIN_TIMESTAMP)  #: a window's; no window before it is asked for any more

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, pane: int) -> None:
        """There is a new pane."""
        heapq.heappush(self._heap, pane)

    def next_window(self) -> int | None:
        """The start of the first window with a pane in it."""
        heap, layout = self._heap, self._layout
        while heap:
            window = max(self.start, layout.windows_of(heap[0])[-1])
            if window <= heap[0]:
                return window
            # all of its windows are over
            heapq.heappop(heap)
        return None

    def pass_over(self, window: int) -> None:
        """The next window is a later one."""
        self.start = max(self.start, window + self._layout.slide)
