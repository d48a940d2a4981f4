"""Sliding windows over shared panes: what a window costs does not grow with the number of its panes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock.operators.windows.layout import WindowLayout

Pane = dict[Any, Any]  #: key -> contents
_NOTHING: Any = object()


class SharedPanes:
    """Combines panes to windows whose starts rise.

    Two stacks a key, kept for all keys at once: `front` has, for each window start before a boundary, the combination
    of all panes from there to the boundary; `back` that of the panes behind it. A window is one of each. When the
    windows have passed the boundary, it moves to the end of the current one. So a pane is combined about three times.
    """

    def __init__(self, layout: WindowLayout, panes: Mapping[int, Pane], combine: Callable[[Any, Any], Any]) -> None:
        self._layout, self._panes, self._combine = layout, panes, combine
        self._front: dict[int, Pane] = {}
        self._boundary = self._back_end = 0
        self._back: Pane = {}
        self._changed: set[Any] = set()
        #: windows without a pane between their starts have one dict, until one comes late
        self._are_fronts_shared = False

    def changed(self, pane: int, key: Any) -> None:
        """A record was added to a pane, which may have been combined already."""
        if self._front and pane < self._back_end:
            self._changed.add(key)

    def window(self, start: int) -> Pane:
        """The contents of a window by key; they are shared and must not be changed."""
        end = start + self._layout.size
        if start not in self._front:
            self._move_boundary(start, end)
        if self._changed and self._are_fronts_shared:
            self._front = {at: dict(front) for at, front in self._front.items()}
            self._are_fronts_shared = False
        for key in self._changed:
            self._repair(key)
        self._changed.clear()
        self._extend_back(end)
        # they were put in from the latest to the first
        while next(reversed(self._front)) < start:
            self._front.popitem()
        window, combine = dict(self._front[start]), self._combine
        for key, contents in self._back.items():
            window[key] = combine(window[key], contents) if key in window else contents
        return window

    def of_key(self, key: Any, pane: int, starts: Sequence[int]) -> dict[int, Any]:
        """The contents of one key in several windows (starts, the latest first) that have this pane in common."""
        behind = pane + self._layout.pane
        before = self._suffixes(key, starts, behind)
        after, size = _NOTHING, self._layout.size
        windows: dict[int, Any] = {}
        for start in reversed(starts):
            after = self._fold(after, key, self._within(behind, start + size))
            behind = max(behind, start + size)
            windows[start] = self._both(before[start], after)
        return {start: contents for start, contents in windows.items() if contents is not _NOTHING}

    # -- inside ------------------------------------------------------------------------------------------------------

    def _move_boundary(self, start: int, end: int) -> None:
        self._boundary = self._back_end = end
        self._back, self._front = {}, {}
        self._changed.clear()
        running: Pane = {}
        combine, upper = self._combine, end
        # only windows' starts are asked for: where the slide has many panes, they are few
        for window in self._starts(start, end):
            panes = self._within(window, upper)
            self._are_fronts_shared |= not panes
            running, upper = dict(running) if panes else running, window
            for pane in reversed(panes):
                for key, contents in self._panes[pane].items():
                    running[key] = combine(contents, running[key]) if key in running else contents
            self._front[window] = running

    def _extend_back(self, end: int) -> None:
        back, combine = self._back, self._combine
        for pane in self._within(self._back_end, end):
            for key, contents in self._panes[pane].items():
                back[key] = combine(back[key], contents) if key in back else contents
        self._back_end = max(self._back_end, end)

    def _repair(self, key: Any) -> None:
        """Combine anew for one key what was combined before its records changed."""
        starts = sorted(self._front, reverse=True)
        for start, contents in self._suffixes(key, starts, self._boundary).items():
            if contents is not _NOTHING:
                self._front[start][key] = contents
        contents = self._fold(_NOTHING, key, self._within(self._boundary, self._back_end))
        if contents is not _NOTHING:
            self._back[key] = contents

    def _suffixes(self, key: Any, starts: Sequence[int], upper: int) -> dict[int, Any]:
        """From each of the starts (the latest first) up to `upper`."""
        suffixes: dict[int, Any] = {}
        running = _NOTHING
        for start in starts:
            running = self._both(self._fold(_NOTHING, key, self._within(start, upper)), running)
            suffixes[start], upper = running, start
        return suffixes

    def _fold(self, contents: Any, key: Any, panes: Sequence[int]) -> Any:
        for pane in panes:
            contents = self._both(contents, self._panes[pane].get(key, _NOTHING))
        return contents

    def _both(self, a: Any, b: Any) -> Any:
        if a is _NOTHING:
            return b
        return a if b is _NOTHING else self._combine(a, b)

    def _starts(self, start: int, end: int) -> range:
        slide = self._layout.slide
        return range(start + (end - start - 1) // slide * slide, start - 1, -slide)

    def _within(self, start: int, end: int) -> list[int]:
        return self._layout.within(self._panes.keys(), start, end)


class ListedPanes:
    """The same for contents that are lists: they are put together when a window fires, which takes as long as its
    records are many. Kept combinations would hold every record once a window."""

    def __init__(self, layout: WindowLayout, panes: Mapping[int, Pane]) -> None:
        self._layout, self._panes = layout, panes

    def changed(self, pane: int, key: Any) -> None:
        """Nothing is kept that could be out of date."""

    def window(self, start: int) -> Pane:
        """As `SharedPanes.window`."""
        window: Pane = {}
        for pane in self._of_window(start):
            for key, records in self._panes[pane].items():
                window.setdefault(key, []).extend(records)
        return window

    def of_key(self, key: Any, pane: int, starts: Sequence[int]) -> dict[int, Any]:
        """As `SharedPanes.of_key`."""
        return {s: [r for p in self._of_window(s) for r in self._panes[p].get(key, ())] for s in starts}

    def _of_window(self, start: int) -> list[int]:
        return self._layout.within(self._panes.keys(), start, start + self._layout.size)
