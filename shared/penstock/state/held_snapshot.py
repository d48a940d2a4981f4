"""Keyed state whose values cannot change: the snapshot refers to them, and pickles them while the task goes on."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from penstock.checkpoint.handles import StateMeta
from penstock.state.immutable import cannot_change
from penstock.state.portable import Source, dumped_size, pieces
from penstock.state.snapshot import NativeFiles

#: entries and bytes. For so many the interpreter lock is held, and the task stands still, at a time: with numbers and
#: short texts a third of a millisecond
_PIECE, _PIECE_BYTES = 2_048, 1 << 20
_SAMPLE = 64  #: every so manieth entry says how large they are

#: state name, keys, values
Part = tuple[str, list[Any], list[Any]]


class HeldSnapshot:
    """No process is forked, and no page of memory copied."""

    __slots__ = ("_operator", "_parts", "states")

    def __init__(self, operator: str, states: Mapping[str, StateMeta], parts: list[Part]) -> None:
        self.states = states
        self._operator = operator
        self._parts: list[Part] | None = parts

    def groups(self) -> Iterator[tuple[int, bytes]]:
        assert self._parts is not None, "the snapshot was released"
        for name, keys, values in self._parts:
            yield from pieces(self._operator, name, keys, values, _PIECE, _PIECE_BYTES)

    def native(self) -> NativeFiles | None:
        return None

    def release(self) -> None:
        self._parts = None


class MayChange(Exception):  # noqa: N818 (an answer, not a fault)
    """Some value may change."""


def held(operator: str, sources: Iterable[Source], most: int) -> list[Part] | None:
    """All there is. MayChange; None where it comes to more than `most` bytes when pickled, by a sample.

    A part is looked through right after it was taken: its objects come out of main memory once.
    """
    parts: list[Part] = []
    size = 0
    for name, keys, values in _parts(sources):
        if not (cannot_change(keys) and cannot_change(values)):
            raise MayChange
        parts.append((name, keys, values))
        size += _SAMPLE * dumped_size(operator, name, keys[::_SAMPLE], values[::_SAMPLE], (most - size) // _SAMPLE)
        if size > most:
            return None
    return parts


def _parts(sources: Iterable[Source]) -> Iterator[Part]:
    for name, given, _ in sources:
        if isinstance(given, dict):
            keys, values = iter(given), iter(given.values())
            while some := list(islice(keys, _PIECE)):
                yield name, some, list(islice(values, _PIECE))
        else:
            entries = iter(given)
            while pairs := list(islice(entries, _PIECE)):
                yield name, [key for key, _ in pairs], [value for _, value in pairs]
