"""Readers driven by hand: polled at random, restored at random points at another parallelism."""

import pickle
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from penstock.exchange.elements import RecordBatch
from penstock.operators.specs import ReaderContext, Source, SourceReader
from penstock.state.handover import spread

#: one life between two restores: parallelism, and (subtask, records) of each poll
Life = tuple[int, list[tuple[int, int]]]

LIVES = st.lists(
    st.tuples(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=8)),
    min_size=1,
    max_size=5,
)


def values_of(records: "list[Any] | RecordBatch | None") -> list[Any]:
    return records.values if isinstance(records, RecordBatch) else records or []


def drained(reader: SourceReader, count: int = 7) -> list[Any]:
    """All that is left in a bounded reader that never has to wait."""
    read: list[Any] = []
    while (records := reader.poll(count)) is not None:
        read += values_of(records)
    return read


def readers(source: Source, parallelism: int, former: Sequence[list[Any]] | None) -> list[SourceReader]:
    """One a subtask, each with its splits: of the enumeration, or of the snapshots of former readers."""
    made = []
    splits = source.enumerate_splits(parallelism) if former is None else []
    for subtask in range(parallelism):
        reader = source.create_reader(ReaderContext(subtask, parallelism))
        mine = splits[subtask::parallelism] if former is None else spread("split", former, subtask, parallelism)
        reader.add_splits(pickle.loads(pickle.dumps(mine)))
        made.append(reader)
    return made


def read_over_restores(source: Source, lives: Sequence[Life]) -> list[Any]:
    """What the readers of all lives together give before their snapshots, and the last ones to the end."""
    former: list[list[Any]] | None = None
    read: list[Any] = []
    for parallelism, polls in lives:
        running = readers(source, parallelism, former)
        for subtask, count in polls:
            read += values_of(running[subtask % parallelism].poll(count))
        former = [reader.snapshot() for reader in running]
        for reader in running:
            # behind the snapshot: must not change it
            reader.poll(2)
            reader.close()
    return read + [value for reader in readers(source, 2, former) for value in drained(reader)]
