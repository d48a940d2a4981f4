"""The windows of one key where windows merge: which there are, and where each keeps its contents."""

from collections.abc import Iterable
from typing import Any, Protocol

from penstock.datastream.window.assigner import MergingWindowAssigner


class OnMerge(Protocol):
    def __call__(self, result: Any, merged: list[Any], state_window: Any, merged_state_windows: list[Any]) -> None:
        """`merged` have become `result`: whose contents are under `state_window`, to which those of
        `merged_state_windows` have to be added."""


class MergingWindowSet:
    """Over the mapping window -> state window of one key, which it changes in place.

    A window that grows keeps its contents where they are; only those of the others move.
    """

    __slots__ = ("_assigner", "_mapping")

    def __init__(self, assigner: MergingWindowAssigner[Any, Any], mapping: dict[Any, Any]) -> None:
        self._assigner, self._mapping = assigner, mapping

    def state_window(self, window: Any) -> Any:
        """None for a window that is over."""
        return self._mapping.get(window)

    def retire(self, window: Any) -> None:
        """The window is over."""
        del self._mapping[window]

    def add(self, new: Any, on_merge: OnMerge) -> Any:
        """Add a window; the window that it is part of then."""
        mapping = self._mapping
        if new in mapping:
            return new
        found = _Merges()
        self._assigner.merge_windows([*mapping, new], found)
        result = new
        for merged, into in found.merges:
            old = [window for window in mapping if window in merged]
            if new in merged:
                result = into
            if not old:
                continue
            state_windows = [mapping.pop(window) for window in old]
            # the contents of a window that stays itself stay too; else the first window's
            state_window = state_windows[old.index(into)] if into in old else state_windows[0]
            state_windows.remove(state_window)
            mapping[into] = state_window
            if old != [into]:
                on_merge(into, [w for w in old if w != into], state_window, state_windows)
        if result not in mapping:
            mapping[result] = result
        return result


class _Merges(MergingWindowAssigner.MergeCallback[Any]):
    def __init__(self) -> None:
        self.merges: list[tuple[set[Any], Any]] = []

    def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
        self.merges.append((set(to_be_merged), merge_result))
