"""Keyed state whose values cannot change: the snapshot refers to them, and pickles them while the task goes on."""

from collections.abc import Iterator, Mapping

from penstock.checkpoint.handles import StateMeta
from penstock.state.portable import Columns, pieces
from penstock.state.snapshot import NativeFiles

#: entries. For so many the interpreter lock is held, and the task stands still, at a time: a third of a millisecond
_PIECE = 2_048


class HeldSnapshot:
    """`columns`: keys and values by state. No process is forked, and no page of memory copied."""

    __slots__ = ("_columns", "_operator", "states")

    def __init__(self, operator: str, states: Mapping[str, StateMeta], columns: Mapping[str, Columns]) -> None:
        self.states = states
        self._operator, self._columns = operator, columns

    def groups(self) -> Iterator[tuple[int, bytes]]:
        yield from pieces(self._operator, self._columns, _PIECE)

    def native(self) -> NativeFiles | None:
        return None

    def release(self) -> None:
        self._columns = {}
