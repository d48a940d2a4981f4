"""What the Redis connectors know without a Redis: ids, positions, missing entries, ends, arguments."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.common.serialization import SimpleStringSchema
from penstock.datastream.connectors.redis import RedisStreamsSink, RedisStreamsSource, StreamPosition
from penstock.datastream.connectors.redis.entry_id import ZERO, EntryId, entry_id
from penstock.datastream.connectors.redis.packed import PackedEntries
from penstock.datastream.connectors.redis.split import RedisStreamSplit, StreamState, is_at_end, what_is_missing

U64 = st.integers(0, (1 << 64) - 1)


@given(ms=U64, sequence=U64)
def test_ids(ms: int, sequence: int) -> None:
    entry = EntryId(ms, sequence)
    assert entry_id(str(entry)) == entry_id(str(entry).encode()) == entry
    assert entry == ZERO or entry.before < entry
    assert entry.before == ZERO or entry_id(str(entry.before)) == entry.before


@pytest.mark.parametrize("text", ["", "-", "1-", "-1", "1-2-3", "x", "$", "²", b"\xff", str(1 << 64), "1 - 2"])
def test_what_is_no_id(text: Any) -> None:
    with pytest.raises(ValueError, match="an entry's id is <ms>-<sequence>"):
        entry_id(text)


def test_ids_by_time_alone_and_their_neighbours() -> None:
    assert entry_id("5") == EntryId(5, 0)
    assert EntryId(5, 0).before == EntryId(4, (1 << 64) - 1)
    assert ZERO.before == ZERO


def split(after: int, *, anchored: bool = True, end: int | None = None) -> RedisStreamSplit:
    return RedisStreamSplit("s", EntryId(after, 0), None if end is None else EntryId(end, 0), anchored, anchored)


@pytest.mark.parametrize(
    ("at", "first", "last", "why"),
    [
        (5, 1, 9, None),
        (5, 5, 9, None),
        (5, 6, 9, "its first entry is 6-0, and 5-0 is gone"),
        (5, None, 9, "it is empty, and its last id was 9-0"),
        (5, None, 5, None),
        (5, 5, 5, None),
        (5, 1, 4, "its last id is 4-0: it was deleted and made anew"),
        (5, None, 0, "its last id is 0-0"),
    ],
)
def test_missing_entries(at: int, first: int | None, last: int, why: str | None) -> None:
    state = StreamState(None if first is None else EntryId(first, 0), EntryId(last, 0))
    found = what_is_missing(split(at), state)
    assert found is None if why is None else found is not None and found.startswith(why)
    # a start that was only asked for is no place that a reader has been at
    assert what_is_missing(split(at, anchored=False), state) is None
    assert what_is_missing(split(at).forgiven(), state) is None


def test_a_stream_that_was_there_and_one_that_was_not() -> None:
    assert what_is_missing(split(5), None) == "it does not exist any more"
    assert what_is_missing(split(5, anchored=False), None) is None


@pytest.mark.parametrize(
    ("after", "end", "last", "exhausted", "ended"),
    [
        (5, 5, None, False, True),
        (6, 5, None, False, True),
        (4, 5, None, True, False),
        (4, 5, 5, True, True),
        (4, 5, 5, False, False),
        (4, 5, 4, True, False),
        (4, None, 9, True, False),
    ],
)
def test_ends(after: int, end: int | None, last: int | None, exhausted: bool, ended: bool) -> None:
    state = None if last is None else StreamState(EntryId(1, 0), EntryId(last, 0))
    assert is_at_end(split(after, end=end), state, exhausted) is ended


def test_packed_entries_are_cut_into_chunks_between_entries() -> None:
    packed = PackedEntries()
    for n in range(5):
        packed.add(b"s%d" % (n % 2), [b"v", b"x" * 400_000])
    assert packed.count == 5
    assert packed.keys() == (b"s0", b"s1")
    assert [len(chunk) for chunk in packed.chunks()] == [3 * 400_013, 2 * 400_013]


def source() -> Any:
    return RedisStreamsSource.builder().set_url("redis://h/0").set_stream_keys("s")


def sink() -> Any:
    return RedisStreamsSink.builder().set_url("redis://h/0").set_stream_key("s")


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: RedisStreamsSource.builder().build(), ValueError, "needs a Redis: set_url"),
        (lambda: RedisStreamsSource.builder().set_url("redis://h").build(), ValueError, "needs streams"),
        (lambda: RedisStreamsSource.builder().set_url("http://h"), ValueError, "not 'http://h'"),
        (lambda: source().set_stream_keys("a", ""), ValueError, "text that is not empty"),
        (lambda: source().set_stream_key_pattern("a*", 0), ValueError, "discovery_interval must be positive: 0"),
        (lambda: source().set_starting_position("0-0"), TypeError, "a StreamPosition is needed.*not '0-0'"),
        (lambda: source().set_bounded({"s": "9-0"}), TypeError, "a StreamPosition is needed.*not '9-0'"),
        (lambda: source().set_bounded(StreamPosition.earliest()), ValueError, "the earliest position is no end"),
        (lambda: source().set_bounded({}).build(), ValueError, r"an end is needed for each stream; none for \['s'\]"),
        (lambda: source().set_on_trimmed("ignore"), ValueError, "not 'ignore'"),
        (lambda: source().set_patience(-1), ValueError, "must not be negative: -1"),
        (lambda: source().set_deserializer("x"), TypeError, "a function of stream key, id and fields"),
        (lambda: source().set_value_only_deserializer("x"), TypeError, "a DeserializationSchema is needed"),
        (lambda: StreamPosition.of_id("abc"), ValueError, "not 'abc'"),
        (lambda: StreamPosition.of_timestamp(-1), ValueError, "must not be negative: -1"),
        (lambda: RedisStreamsSink.builder().build(), ValueError, "needs a Redis: set_url"),
        (lambda: RedisStreamsSink.builder().set_url("redis://h").build(), ValueError, "needs a stream"),
        (lambda: sink().set_stream_key(""), TypeError, "not ''"),
        (lambda: sink().set_serializer(1), TypeError, "a function from record to fields is needed, not 1"),
        (lambda: sink().set_value_serializer("x"), TypeError, "a SerializationSchema is needed"),
        (lambda: sink().set_delivery_guarantee("exactly"), TypeError, "a DeliveryGuarantee is needed"),
        (lambda: sink().set_max_len(0), ValueError, "max_len must be positive: 0"),
        (lambda: sink().set_batch_size(0), ValueError, "batch_size must be positive: 0"),
        (lambda: sink().set_patience(-1), ValueError, "must not be negative"),
        (lambda: sink().set_guard_retention(0), ValueError, "the retention must be positive: 0"),
    ],
)
def test_bad_arguments(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_a_pattern_without_an_end_is_discovered() -> None:
    built = source().set_stream_key_pattern("a*", 5.0).set_value_only_deserializer(SimpleStringSchema()).build()
    assert built.discovery_interval == 5.0
    assert not built.bounded
    assert source().build().discovery_interval is None
