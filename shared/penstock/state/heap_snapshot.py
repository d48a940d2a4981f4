"""Snapshots of state in memory: pickled at once where that is quick, else by a forked process."""

from collections.abc import Callable, Iterable, Mapping

from penstock.checkpoint.handles import StateMeta
from penstock.state.forked_snapshot import ForkedSnapshot, can_fork
from penstock.state.memory_snapshot import MemorySnapshot
from penstock.state.portable import Source, grouped, pickled
from penstock.state.snapshot import KeyedSnapshot

#: entries that are pickled in less time than a fork takes
AT_ONCE = 5_000


def heap_snapshot(
    operator: str, states: Mapping[str, StateMeta], sources: Callable[[], Iterable[Source]], size: int
) -> KeyedSnapshot:
    """Of what `sources` gives now; `size`: about how many entries that is. StateNotPicklable, now or later."""
    if size > AT_ONCE and can_fork():
        return ForkedSnapshot(states, lambda: pickled(operator, grouped(sources())))
    return MemorySnapshot(states, dict(pickled(operator, grouped(sources()))))
