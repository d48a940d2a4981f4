"""How many entries of a stream are still to be read, as far as its ends tell."""

import pickle

import pytest

from penstock.datastream.connectors.redis.entry_id import EntryId
from penstock.datastream.connectors.redis.split import RedisStreamSplit, StreamState


def at(after: int, *, end: int | None = None) -> RedisStreamSplit:
    return RedisStreamSplit("s", EntryId(after, 0), None if end is None else EntryId(end, 0))


def stream(first: int | None, last: int, length: int, added: int | None) -> StreamState:
    return StreamState(None if first is None else EntryId(first, 0), EntryId(last, 0), length, added)


@pytest.mark.parametrize(
    ("after", "state", "pending"),
    [
        (0, stream(1, 10, 10, 10), 10),
        (0, stream(6, 10, 5, 10), 5),
        (10, stream(1, 10, 10, 10), 0),
        (12, stream(1, 10, 10, 10), 0),
        (5, stream(1, 10, 10, 10), None),
        (0, stream(None, 10, 0, 10), 0),
        (0, stream(1, 10, 10, None), 10),
        (5, stream(1, 10, 10, None), None),
        (0, None, 0),
    ],
)
def test_what_the_ends_tell(after: int, state: StreamState | None, pending: int | None) -> None:
    assert at(after).counted(state).pending(state) == pending


def test_between_the_ends_it_is_counted_on() -> None:
    state = stream(1, 10, 10, 10)
    split = at(0).counted(state).read(EntryId(4, 0), 4)
    assert split.pending(state) == 6
    later = stream(3, 30, 28, 30)
    assert split.counted(later).pending(later) == 26


def test_of_a_bounded_split_only_up_to_its_end() -> None:
    assert at(0, end=20).counted(stream(1, 10, 10, 10)).pending(stream(1, 10, 10, 10)) == 10
    assert at(0, end=5).counted(stream(1, 10, 10, 10)).pending(stream(1, 10, 10, 10)) is None
    assert at(5, end=5).pending(stream(1, 10, 10, 10)) == 0


def test_splits_of_earlier_checkpoints_have_no_number() -> None:
    split = RedisStreamSplit("s", EntryId(4, 0), None, True, True, 7)
    assert pickle.loads(pickle.dumps(split)) == split
    before = object.__new__(RedisStreamSplit)
    before.__setstate__(["s", EntryId(4, 0), None, True, True])
    assert before == RedisStreamSplit("s", EntryId(4, 0), None, True, True)
