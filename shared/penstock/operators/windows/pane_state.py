"""Panes as state: by key, so that another parallelism can take them."""

from collections.abc import Callable, Iterable
from typing import Any

Panes = dict[int, dict[Any, Any]]


class PaneState:
    """Over an operator's panes (start, ms -> key -> contents); `restored`: gets those of a checkpoint."""

    kind = "panes"

    def __init__(self, panes: Panes, restored: Callable[[Panes], None]) -> None:
        self._panes, self._restored = panes, restored

    def __len__(self) -> int:
        return sum(len(pane) for pane in self._panes.values())

    def entries(self) -> Iterable[tuple[Any, Any]]:
        """(key, (the pane's start, contents))."""
        for start, pane in self._panes.items():
            for key, contents in pane.items():
                yield key, (start, contents)

    def restore(self, entries: list[tuple[Any, Any]]) -> None:
        panes: Panes = {}
        for key, (start, contents) in entries:
            panes.setdefault(start, {})[key] = contents
        self._restored(panes)
