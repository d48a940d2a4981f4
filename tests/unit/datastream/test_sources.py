import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.common import Types
from penstock.datastream.collection_source import CollectionSource
from penstock.datastream.connectors import NumberSequenceSource
from penstock.operators.specs import ReaderContext


def drained(reader: Any, count: int) -> list[Any]:
    return list(itertools.chain.from_iterable(iter(lambda: reader.poll(count), None)))


@given(start=st.integers(-50, 50), length=st.integers(1, 60), parallelism=st.integers(1, 9), count=st.integers(1, 9))
def test_number_sequences_are_complete_and_evenly_shared(start: int, length: int, parallelism: int, count: int) -> None:
    source = NumberSequenceSource(start, start + length - 1)
    splits = source.enumerate_splits(parallelism)
    parts = []
    for subtask in range(parallelism):
        reader = source.create_reader(ReaderContext(subtask, parallelism))
        reader.add_splits(splits[subtask::parallelism])
        parts.append(drained(reader, count))
    assert list(itertools.chain.from_iterable(parts)) == list(range(start, start + length))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(polls=st.integers(0, 12), count=st.integers(1, 4))
def test_both_go_on_where_the_snapshot_was(polls: int, count: int) -> None:
    for source in (NumberSequenceSource(0, 19), CollectionSource(tuple(range(20)))):
        reader, restored = source.create_reader(ReaderContext(0, 1)), source.create_reader(ReaderContext(0, 1))
        reader.add_splits(source.enumerate_splits(1))  # type: ignore[arg-type]
        before = [v for _ in range(polls) for v in reader.poll(count) or []]
        restored.add_splits(reader.snapshot())  # type: ignore[arg-type]
        assert before + drained(restored, count) == list(range(20))


def test_a_subtask_without_splits_ends_at_once() -> None:
    assert CollectionSource((1, 2)).create_reader(ReaderContext(1, 2)).poll(5) is None
    assert NumberSequenceSource(0, 9).create_reader(ReaderContext(0, 1)).poll(5) is None


def test_number_sequence_arguments() -> None:
    assert NumberSequenceSource(1, 1).get_produced_type() == Types.LONG()
    with pytest.raises(ValueError, match="'from' must be <= 'to'"):
        NumberSequenceSource(3, 1)
