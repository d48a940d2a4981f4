"""Sliding windows over shared panes: what a window costs does not grow with the number of its panes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penstock.operators.windows.layout import WindowLayout
from penstock.operators.windows.pane_tree import NOTHING, PaneTree, combined

Pane = dict[Any, Any]  #: key -> contents


class SharedPanes:
    """Combines panes to windows whose starts rise.

    Two stacks a key, kept for all keys at once: `front` is the combination of all panes from the current window's
    start to a boundary, with what it is from each later start on (`undo`); `back` that of the panes behind it. A window
    is one of each. When the windows have passed the boundary, it moves to the end of the current one. So contents of a
    pane are combined twice, and a result takes one combination more. A key that a late record changes has a tree in
    their place until the boundary moves.
    """

    def __init__(self, layout: WindowLayout, panes: Mapping[int, Pane], combine: Callable[[Any, Any], Any]) -> None:
        self._layout, self._panes, self._combine = layout, panes, combine
        self._front: Pane = {}
        #: window start, the first on top -> what `front` is from the next start on, of keys for which it differs
        self._undo: list[tuple[int, Pane]] = []
        self._back: Pane = {}
        self._back_end: int | None = None
        self._trees: dict[Any, PaneTree] = {}
        self._changed: dict[Any, set[int]] = {}

    def changed(self, pane: int, key: Any) -> None:
        """A record was added to a pane, which may have been combined already."""
        if key in self._trees or (self._back_end is not None and pane < self._back_end):
            self._changed.setdefault(key, set()).add(pane)

    def window(self, start: int) -> Pane:
        """The contents of a window by key; they are shared and must not be changed."""
        end = start + self._layout.size
        while self._undo and self._undo[-1][0] < start:
            self._advance()
        if not self._undo:
            self._move_boundary(start, end)
        for key in list(self._changed):
            self._tree_of(key, end)
        self._extend_back(end)
        window = self._front | self._back
        combine, back = self._combine, self._back
        for key, contents in self._front.items():
            if key in back:
                window[key] = combine(contents, back[key])
        for key, tree in self._trees.items():
            if (contents := tree.fold(start, end)) is not NOTHING:
                window[key] = contents
        return window

    def of_key(self, key: Any, pane: int, starts: Sequence[int]) -> dict[int, Any]:
        """The contents of one key in several windows that have this pane in common and have ended (starts, the latest
        first)."""
        size, behind = self._layout.size, pane + self._layout.pane
        tree = self._tree_of(key, starts[0] + size)
        before: dict[int, Any] = {}
        contents, upper = NOTHING, behind
        for start in starts:
            contents = combined(self._combine, tree.fold(start, upper), contents)
            before[start], upper = contents, start
        after = NOTHING
        windows: dict[int, Any] = {}
        for start in reversed(starts):
            after = combined(self._combine, after, tree.fold(behind, start + size))
            behind = max(behind, start + size)
            windows[start] = combined(self._combine, before[start], after)
        return {start: contents for start, contents in windows.items() if contents is not NOTHING}

    # -- inside ------------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """On to the next window's start."""
        front = self._front
        for key, contents in self._undo.pop()[1].items():
            if contents is NOTHING:
                # a key with a tree has left already
                front.pop(key, None)
            elif key in front:
                front[key] = contents

    def _move_boundary(self, start: int, end: int) -> None:
        self._back, self._back_end = {}, end
        self._trees.clear()
        self._changed.clear()
        running: Pane = {}
        combine, upper = self._combine, end
        # only windows' starts are asked for: where the slide has many panes, they are few
        for window in self._starts(start, end):
            later: Pane = {}
            for pane in reversed(self._within(window, upper)):
                for key, contents in self._panes[pane].items():
                    known = running.get(key, NOTHING)
                    later.setdefault(key, known)
                    running[key] = contents if known is NOTHING else combine(contents, known)
            self._undo.append((window, later))
            upper = window
        self._front = running

    def _extend_back(self, end: int) -> None:
        assert self._back_end is not None
        back, combine = self._back, self._combine
        for pane in self._within(self._back_end, end):
            for key, contents in self._panes[pane].items():
                back[key] = combine(back[key], contents) if key in back else contents
        self._back_end = max(self._back_end, end)
        for key in self._trees:
            back.pop(key, None)

    def _tree_of(self, key: Any, end: int) -> PaneTree:
        """The key's tree, up to date, in the place of its stacks. `end`: of a window that has ended."""
        tree = self._trees.get(key)
        changed = self._changed.pop(key, ())
        if tree is None:
            tree = self._trees[key] = PaneTree(key, self._layout, self._panes, self._combine, end)
            self._front.pop(key, None)
            self._back.pop(key, None)
        else:
            tree.touch(changed)
        return tree

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
