"""Keyed state that was pickled at once."""

from collections.abc import Iterator, Mapping

from penstock.checkpoint.handles import StateMeta
from penstock.state.snapshot import NativeFiles


class MemorySnapshot:
    """`groups`: key group -> its state in the portable form."""

    __slots__ = ("_groups", "states")

    def __init__(self, states: Mapping[str, StateMeta], groups: Mapping[int, bytes]) -> None:
        self.states = states
        self._groups = groups

    def groups(self) -> Iterator[tuple[int, bytes]]:
        yield from sorted(self._groups.items())

    def native(self) -> NativeFiles | None:
        return None

    def release(self) -> None:
        self._groups = {}
