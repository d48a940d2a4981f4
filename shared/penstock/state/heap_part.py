"""Keyed state that an operator keeps in memory in a form of its own, whatever the backend: timers, panes, sessions."""

from collections.abc import Iterable
from typing import Any, Protocol


class HeapPart(Protocol):
    """Registered with the operator's backend, which takes it along in its snapshots."""

    kind: str  #: what it is; a part restores only what one of its kind has written

    def __len__(self) -> int:
        """About how many entries there are."""

    def entries(self) -> Iterable[tuple[Any, Any]]:
        """(key, what belongs to it); a key may come more than once. Gone through at once, and pickled before anything
        changes, or later where they cannot change."""

    def restore(self, entries: list[tuple[Any, Any]]) -> None:
        """Before the first record: take these, of several former subtasks, in no order. Called at most once."""


#: of which a key may have many entries
PART_KINDS = frozenset({"timers", "window timers", "panes", "sessions"})
