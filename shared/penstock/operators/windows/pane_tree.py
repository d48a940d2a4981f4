"""The panes of one key in a tree, for keys that late records have changed: a change and a window cost the logarithm of
the number of panes, in the order of time."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from penstock.operators.windows.layout import WindowLayout

NOTHING: Any = object()  #: where a key has no records


def combined(combine: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """Of both, of which each may be NOTHING."""
    if a is NOTHING:
        return b
    return a if b is NOTHING else combine(a, b)


class PaneTree:
    """Node (level, i) is the combination of the key's panes numbered from i << level, 1 << level of them.

    Panes are taken in when a span is first asked for; from then on `touch` has to say when one changes.
    """

    __slots__ = ("_combine", "_end", "_key", "_layout", "_levels", "_panes")

    def __init__(
        self,
        key: Any,
        layout: WindowLayout,
        panes: Mapping[int, Mapping[Any, Any]],
        combine: Callable[[Any, Any], Any],
        end: int,
    ) -> None:
        """`end`: panes before it do not change unsaid. What lies behind is taken in when it is asked for."""
        self._key, self._layout, self._panes, self._combine = key, layout, panes, combine
        self._end = end
        size = layout.pane
        leaves = {
            (start - layout.offset) // size: contents
            for start, pane in panes.items()
            if start < end and (contents := pane.get(key, NOTHING)) is not NOTHING
        }
        #: no window needs a node that is wider than it
        self._levels: list[dict[int, Any]] = [leaves]
        for level in range((layout.size // size).bit_length() - 1):
            self._levels.append({})
            for parent in {i >> 1 for i in self._levels[level]}:
                self._set(level + 1, parent)

    def touch(self, starts: Iterable[int]) -> None:
        """These panes have changed."""
        changed = {(s - self._layout.offset) // self._layout.pane: s for s in starts if s < self._end}
        leaves = self._levels[0]
        for i, start in changed.items():
            leaves[i] = self._panes[start][self._key]
        nodes = set(changed)
        for level in range(1, len(self._levels)):
            nodes = {i >> 1 for i in nodes}
            for i in nodes:
                self._set(level, i)

    def fold(self, start: int, end: int) -> Any:
        """The combination of the panes from `start` to before `end`; NOTHING where there is none."""
        if end > self._end:
            new = self._layout.within(self._panes.keys(), self._end, end)
            self._end = end
            self.touch([pane for pane in new if self._key in self._panes[pane]])
        offset, size = self._layout.offset, self._layout.pane
        left, right = (start - offset) // size, (end - offset) // size
        before = after = NOTHING
        for level, nodes in enumerate(self._levels):
            if left >= right:
                break
            if level == len(self._levels) - 1:
                for i in range(left, right):
                    before = combined(self._combine, before, nodes.get(i, NOTHING))
                break
            if left & 1:
                before = combined(self._combine, before, nodes.get(left, NOTHING))
                left += 1
            if right & 1:
                right -= 1
                after = combined(self._combine, nodes.get(right, NOTHING), after)
            left, right = left >> 1, right >> 1
        return combined(self._combine, before, after)

    def _set(self, level: int, i: int) -> None:
        below = self._levels[level - 1]
        self._levels[level][i] = combined(self._combine, below.get(2 * i, NOTHING), below.get(2 * i + 1, NOTHING))
