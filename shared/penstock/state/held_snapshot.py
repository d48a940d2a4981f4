"""Keyed state whose values cannot change: the snapshot refers to them, and pickles them while the task goes on."""

from collections.abc import Iterator, Mapping

from penstock.checkpoint.handles import StateMeta
from penstock.state.portable import Columns, pieces
from penstock.state.snapshot import NativeFiles

#: entries and bytes. For so many the interpreter lock is held, and the task stands still, at a time: with numbers and
#: short texts a third of a millisecond
_PIECE, _PIECE_BYTES = 2_048, 1 << 20


class HeldSnapshot:
    """`columns`: keys and values by state. No process is forked, and no page of memory copied."""

    __slots__ = ("_columns", "_operator", "states")

    def __init__(self, operator: str, states: Mapping[str, StateMeta], columns: Mapping[str, Columns]) -> None:
        self.states = states
        self._operator = operator
        self._columns: Mapping[str, Columns] | None = columns

    def groups(self) -> Iterator[tuple[int, bytes]]:
        assert self._columns is not None, "the snapshot was released"
        yield from pieces(self._operator, self._columns, _PIECE, _PIECE_BYTES)

    def native(self) -> NativeFiles | None:
        return None

    def release(self) -> None:
        self._columns = None
