"""Snapshots of state in memory: pickled at once where that is quick, later where it cannot change, else by a fork."""

from collections.abc import Callable, Iterable, Mapping

from penstock.checkpoint.handles import StateMeta
from penstock.state.forked_snapshot import ForkedSnapshot, can_fork
from penstock.state.held_snapshot import HeldSnapshot, MayChange, Part, held
from penstock.state.memory_snapshot import MemorySnapshot
from penstock.state.pickling import TooLarge
from penstock.state.portable import (
    Columns,
    GroupsOf,
    Source,
    columns_of,
    grouped,
    pickled,
    pickled_in_pieces,
)
from penstock.state.snapshot import KeyedSnapshot

#: what is pickled in about the time of a fork, 1 to 2 ms, and some more, because a fork costs the child's time too
AT_ONCE_ENTRIES = 4_000
AT_ONCE_BYTES = 1 << 20
#: what is looked through in some 10 ms, and pickled by a thread beside the task. A forked process begins in a fifth of
#: that, and takes twice to three times the CPU, most of it for pages of memory that it and the task copy
HELD_ENTRIES = 1 << 16
HELD_BYTES = 8 << 20


class HeapSnapshots:
    """Takes the snapshots of one operator's state in memory. It learns which state is small, and which may change.

    `mixes`: whether they may have pieces that mix the key groups.
    """

    def __init__(self, groups_of: GroupsOf, mixes: bool) -> None:
        self._groups_of, self._mixes = groups_of, mixes
        self._large = AT_ONCE_ENTRIES + 1  #: so many entries were too long
        self._may_change = False
        self._too_much = HELD_ENTRIES + 1  #: so many entries were too many bytes to hold

    def take(
        self, operator: str, states: Mapping[str, StateMeta], sources: Callable[[], Iterable[Source]], entries: int
    ) -> KeyedSnapshot:
        """Of what `sources` gives now, `entries` of them. StateNotPicklable, now or later."""
        if can_fork() and entries < self._large:
            try:
                groups = dict(pickled(operator, self._grouped(sources()), AT_ONCE_BYTES))
            except TooLarge:
                # until there are clearly fewer
                self._large = max(1, entries // 2)
            else:
                self._large = AT_ONCE_ENTRIES + 1
                return MemorySnapshot(states, groups)
        if self._mixes and entries < min(self._too_much, HELD_ENTRIES + 1) and not self._may_change:
            parts = self._held(operator, list(sources()), entries)
            if parts is not None:
                return HeldSnapshot(operator, states, parts)
        if not can_fork():
            return MemorySnapshot(states, dict(pickled(operator, self._grouped(sources()))))
        if self._mixes:
            return ForkedSnapshot(states, lambda: pickled_in_pieces(operator, sources(), self._groups_of))
        return ForkedSnapshot(states, lambda: pickled(operator, self._grouped(sources())))

    def _grouped(self, sources: Iterable[Source]) -> dict[int, dict[str, Columns]]:
        return grouped(columns_of(sources), self._groups_of)

    def _held(self, operator: str, sources: list[Source], entries: int) -> list[Part] | None:
        """None where it is not so, or not of that size, or takes longer to say."""
        if any(source.made > AT_ONCE_ENTRIES for source in sources):
            return None
        try:
            parts = held(operator, sources, HELD_BYTES)
        except MayChange:
            self._may_change = True
            return None
        self._too_much = HELD_ENTRIES + 1 if parts is not None else max(1, entries // 2)
        return parts
