"""RedisStreamsSource against real Redis: what is read, from where, how far, and what is noticed."""

import dataclasses
import random
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.connectors.polling import poll, restored, started, take, to_the_end, until

from penstock.common.serialization import DeserializationSchema, SimpleStringSchema
from penstock.common.typeinfo import Types
from penstock.datastream.connectors.redis import RedisStreamsSource, RedisStreamsSourceBuilder, StreamPosition
from penstock.datastream.connectors.redis.entry_id import ZERO
from penstock.datastream.connectors.redis.split import RedisStreamSplit
from penstock.exchange.elements import RecordBatch
from penstock.operators.sources import SourceOperator
from penstock.state.handover import hand_over, spread

pytestmark = pytest.mark.contract

LATEST = StreamPosition.latest()


def builder(url: str, *keys: str) -> RedisStreamsSourceBuilder:
    made = RedisStreamsSource.builder().set_url(url).set_value_only_deserializer(SimpleStringSchema(), "v")
    return made.set_stream_keys(*keys) if keys else made


def fill(client: Any, key: str, values: range, *, first: int = 1) -> None:
    """Entries 1-0, 2-0, …: values as text."""
    for n, value in enumerate(values, first):
        client.xadd(key, {"v": str(value)}, id=f"{n}-0")


def texts(values: range) -> list[str]:
    return [str(value) for value in values]


def test_all_entries_in_order_with_their_times(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(5))
    reader = started(builder(url, prefix).build())
    batch = poll(reader)
    assert batch is not None
    assert batch.values == texts(range(5))
    assert batch.timestamps == [1, 2, 3, 4, 5]
    fill(client, prefix, range(5, 7), first=6)
    assert take(reader, 2) == ["5", "6"]
    assert reader.poll(5) is not None, "an unbounded stream has no end"
    reader.close()


def test_it_knows_how_many_entries_are_still_to_be_fetched(url: str, client: Any, prefix: str) -> None:
    knows = int(client.info("server")["redis_version"].partition(".")[0]) >= 7
    fill(client, prefix, range(9000))
    source = builder(url, prefix).build()
    reader: Any = started(source)
    assert take(reader, 100) == texts(range(100))
    # the thread goes on until 4000 entries or more wait for the task
    between = (3000, 5000) if knows else (None,)
    until(lambda: reader.pending_records in between, "pending records")
    assert reader.fetch_event_time_lag > time.time_ns() // 1_000_000 - 10_000_000
    (split,) = reader.snapshot()
    reader.close()
    again: Any = restored(source, [split])
    if knows:
        until(lambda: again.pending_records is not None, "pending records after a restore")
        assert again.pending_records in (8900 - 2000 * n for n in range(4))
    assert take(again, 8900) == texts(range(100, 9000))
    fill(client, prefix, range(3), first=9001)
    assert take(again, 3) == texts(range(3))
    until(lambda: again.pending_records == 0, "all was fetched")
    again.close()


def test_by_default_records_are_dicts_of_text(url: str, client: Any, prefix: str) -> None:
    client.xadd(prefix, {"name": "Zoë", "age": 7})
    source = RedisStreamsSource.builder().set_url(url).set_stream_keys(prefix).set_bounded(LATEST).build()
    assert source.bounded
    assert source.get_produced_type() == Types.MAP(Types.STRING(), Types.STRING())
    assert to_the_end(started(source)) == [{"name": "Zoë", "age": "7"}]


def test_a_deserializer_gets_key_id_and_fields_and_may_leave_entries_out(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(3))
    made = builder(url, prefix).set_bounded(LATEST)
    made.set_deserializer(
        lambda key, entry, fields: None if fields[b"v"] == b"1" else (key, entry, fields), Types.STRING()
    )
    assert to_the_end(started(made.build())) == [(prefix, "1-0", {b"v": b"0"}), (prefix, "3-0", {b"v": b"2"})]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (StreamPosition.earliest(), "0123"),
        (StreamPosition.of_id("3-0"), "23"),
        (StreamPosition.of_id("2-1"), "23"),
        (StreamPosition.of_timestamp(4), "3"),
        ({}, "0123"),
    ],
)
def test_starting_positions(url: str, client: Any, prefix: str, start: Any, expected: str) -> None:
    fill(client, prefix, range(4))
    source = builder(url, prefix).set_starting_position(start).set_bounded(LATEST).build()
    assert "".join(to_the_end(started(source))) == expected


def test_latest_is_as_of_the_start_of_the_job(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(3))
    source = builder(url, prefix, prefix + "missing").set_starting_position(LATEST).build()
    splits = source.enumerate_splits(1)
    fill(client, prefix, range(3, 5), first=4)
    client.xadd(prefix + "missing", {"v": "x"})
    reader = restored(source, splits)
    assert sorted(take(reader, 3)) == ["3", "4", "x"]
    reader.close()


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (StreamPosition.of_id("3-0"), "012"),
        (StreamPosition.of_id("2-5"), "01"),
        (StreamPosition.of_timestamp(3), "01"),
        (LATEST, "0123"),
    ],
)
def test_ends(url: str, client: Any, prefix: str, end: StreamPosition, expected: str) -> None:
    fill(client, prefix, range(4))
    source = builder(url, prefix).set_bounded({prefix: end}).build()
    splits = source.enumerate_splits(1)
    fill(client, prefix, range(4, 6), first=5)
    assert "".join(to_the_end(restored(source, splits))) == expected


def test_an_end_that_is_still_to_come_is_waited_for(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(2))
    reader = started(builder(url, prefix).set_bounded(StreamPosition.of_id("3-0")).build())
    assert take(reader, 2) == ["0", "1"]
    assert reader.poll(10) is not None, "not the end yet"
    # the entry itself need not be there
    client.xadd(prefix, {"v": "beyond"}, id="7-0")
    assert to_the_end(reader) == []


def test_a_bounded_stream_whose_last_entries_were_deleted_ends(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(4))
    source = builder(url, prefix).set_bounded(LATEST).build()
    splits = source.enumerate_splits(1)
    client.xdel(prefix, "4-0")
    assert to_the_end(restored(source, splits)) == ["0", "1", "2"]
    assert to_the_end(started(builder(url, prefix + "missing").set_bounded(LATEST).build())) == []


def test_more_entries_than_fit_between_thread_and_task(url: str, client: Any, prefix: str) -> None:
    pipeline = client.pipeline(transaction=False)
    for n in range(20_000):
        pipeline.xadd(prefix, {"v": str(n)})
    pipeline.execute()
    reader = started(builder(url, prefix).set_bounded(LATEST).build())
    time.sleep(0.1)
    assert to_the_end(reader) == texts(range(20_000))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 30))
def test_nothing_is_lost_or_repeated_over_restores(url: str, client: Any, prefix: str, seed: int) -> None:
    random_ = random.Random(seed)
    keys = [f"{prefix}:{seed}:{n}" for n in range(3)]
    source = builder(url, *keys).set_patience(5).build()
    bounded = builder(url, *keys).set_bounded(LATEST).build()
    written = 0
    former: list[list[Any]] | None = None
    read: list[str] = []
    for _ in range(random_.randint(1, 4)):
        parallelism = random_.randint(1, 4)
        if former is None:
            readers = [started(source, parallelism, n) for n in range(parallelism)]
        else:
            readers = [restored(source, spread("split", former, n, parallelism)) for n in range(parallelism)]
        for _ in range(random_.randint(0, 20)):
            for _ in range(random_.randint(0, 5)):
                client.xadd(random_.choice(keys), {"v": str(written)})
                written += 1
            batch: Any = random_.choice(readers).poll(random_.randint(1, 4))
            read += batch.values if batch is not None else []
        former = [reader.snapshot() for reader in readers]
        for reader in readers:
            reader.poll(3)
            reader.close()
    # what is left, up to the ends there are now
    ends = {split.key: split.end for split in bounded.enumerate_splits(1)}
    left = [dataclasses.replace(split, end=ends[split.key]) for splits in former or [] for split in splits]
    assert sorted(read + to_the_end(restored(source, left)), key=int) == texts(range(written))


# -- entries that are gone -------------------------------------------------------------------------------------------


def stopped_behind(source: Any, count: int) -> list[Any]:
    """The splits of a reader that has read so many records."""
    reader = started(source)
    take(reader, count)
    splits = reader.snapshot()
    reader.close()
    return splits


def test_trimmed_entries_fail_the_job_with_what_to_do(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(6))
    source = builder(url, prefix).build()
    splits = stopped_behind(source, 2)
    client.xtrim(prefix, maxlen=2, approximate=False)
    reader = restored(source, splits)
    with pytest.raises(
        RuntimeError, match=rf"stream '{prefix}' at .* behind 2-0: its first entry is 5-0.*set_on_trimmed"
    ):
        poll(reader)
    reader.close()


def test_trimmed_entries_can_be_accepted(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(6))
    source = builder(url, prefix).set_on_trimmed("continue").set_bounded(LATEST).build()
    splits = stopped_behind(source, 2)
    client.xtrim(prefix, maxlen=2, approximate=False)
    assert to_the_end(restored(source, splits)) == ["4", "5"]


def test_trimming_what_was_read_is_no_loss(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(6))
    source = builder(url, prefix).set_bounded(LATEST).build()
    splits = stopped_behind(source, 3)
    client.xtrim(prefix, minid="3-0", approximate=False)
    assert to_the_end(restored(source, splits)) == ["3", "4", "5"]
    splits = stopped_behind(source, 4)
    client.xdel(prefix, "4-0")
    assert to_the_end(restored(builder(url, prefix).set_bounded(LATEST).build(), splits)) == []


def test_all_read_and_then_trimmed_away_is_no_loss(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(3))
    source = builder(url, prefix).build()
    splits = stopped_behind(source, 3)
    client.xtrim(prefix, maxlen=0, approximate=False)
    reader = restored(source, splits)
    time.sleep(0.1)
    assert reader.poll(5) is not None
    client.xadd(prefix, {"v": "new"}, id="4-0")
    # now it cannot be told whether there was one in between
    with pytest.raises(RuntimeError, match="its first entry is 4-0, and 3-0 is gone"):
        take(reader, 1)
    reader.close()


@pytest.mark.parametrize("bounded", [False, True])
def test_a_deleted_stream_is_noticed(url: str, client: Any, prefix: str, bounded: bool) -> None:
    fill(client, prefix, range(3))
    made = builder(url, prefix)
    if bounded:
        made.set_bounded(LATEST)
    splits = stopped_behind(made.build(), 2)
    client.delete(prefix)
    reader = restored(made.build(), splits)
    with pytest.raises(RuntimeError, match="it does not exist any more"):
        poll(reader)
    reader.close()
    if bounded:
        assert to_the_end(restored(made.set_on_trimmed("continue").build(), splits)) == []


def test_a_stream_made_anew_is_noticed(url: str, client: Any, prefix: str) -> None:
    fill(client, prefix, range(3))
    source = builder(url, prefix).build()
    splits = stopped_behind(source, 3)
    client.delete(prefix)
    client.xadd(prefix, {"v": "x"}, id="1-0")
    reader = restored(source, splits)
    with pytest.raises(RuntimeError, match=r"its last id is 1-0: it was deleted and made anew"):
        poll(reader)
    reader.close()


# -- errors ----------------------------------------------------------------------------------------------------------


def test_a_bad_record_names_stream_and_id(url: str, client: Any, prefix: str) -> None:
    client.xadd(prefix, {"other": "x"}, id="5-1")
    reader = started(builder(url, prefix).build())
    with pytest.raises(
        ValueError, match=rf"entry 5-1 of stream '{prefix}' cannot be deserialized: KeyError: \"no field 'v'"
    ):
        poll(reader)
    reader.close()

    class Picky(DeserializationSchema):
        def deserialize(self, message: bytes) -> Any:
            return int(message)

    client.xadd(prefix, {"v": "seven"}, id="6-0")
    source = builder(url, prefix).set_starting_position(StreamPosition.of_id("6-0"))
    reader = started(source.set_value_only_deserializer(Picky(), "v").build())
    with pytest.raises(
        ValueError, match=r"entry 6-0 of .* ValueError: invalid literal .*its fields: \{b'v': b'seven'\}"
    ):
        poll(reader)
    reader.close()


def test_what_is_no_stream_is_named(url: str, client: Any, prefix: str) -> None:
    client.set(prefix, "text")
    with pytest.raises(RuntimeError, match="look at the streams: WRONGTYPE"):
        builder(url, prefix).build().enumerate_splits(1)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        return int(closing.getsockname()[1])


def test_a_refused_connection_names_host_and_port() -> None:
    port = closed_port()
    source = builder(f"redis://:secret@127.0.0.1:{port}/0", "s").set_patience(0.2).build()
    with pytest.raises(
        ConnectionError, match=rf"Redis at 127\.0\.0\.1:{port}: look at the streams: .*refused"
    ) as caught:
        source.enumerate_splits(1)
    assert "secret" not in str(caught.value)
    reader = restored(source, [RedisStreamSplit("s", ZERO)])
    with pytest.raises(
        ConnectionError, match=rf"127\.0\.0\.1:{port}: read the streams s \(tried for 0\.2 s\): .*refused"
    ):
        poll(reader)
    reader.close()


def test_a_redis_that_is_away_for_a_while_is_waited_for(start_redis: Callable[..., Any], prefix: str) -> None:
    server = start_redis(persistent=True)
    with redis.Redis.from_url(server.url, protocol=2) as client:
        fill(client, prefix, range(3))
        reader = started(builder(server.url, prefix).set_patience(60).build())
        assert take(reader, 3) == ["0", "1", "2"]
        server.stop(kill=True)
        time.sleep(0.3)
        assert reader.poll(1) == RecordBatch([], []), "nothing just now"
        server.start()
    with redis.Redis.from_url(server.url, protocol=2) as client:
        fill(client, prefix, range(3, 5), first=4)
    assert take(reader, 2) == ["3", "4"]
    reader.close()
    server.stop()


# -- discovery -------------------------------------------------------------------------------------------------------


def test_streams_that_match_a_pattern_are_discovered_once_over_a_restore(url: str, client: Any, prefix: str) -> None:
    source = RedisStreamsSource.builder().set_url(url).set_stream_key_pattern(f"{prefix}:*", 0.02)
    built = source.set_value_only_deserializer(SimpleStringSchema(), "v").build()
    client.xadd(f"{prefix}:a", {"v": "a"})
    client.set(f"{prefix}:text", "no stream")

    def operators(parallelism: int, former: Any) -> list[SourceOperator]:
        made = []
        for n in range(parallelism):
            operator = SourceOperator(0, "in", built, None, 0)
            if former is not None:
                operator.restore(hand_over(former, n, parallelism, 128))
            operator.start(lambda: built.enumerate_splits(parallelism), n, parallelism)
            made.append(operator)
        return made

    def read(running: list[SourceOperator], count: int) -> list[str]:
        values: list[str] = []
        deadline = time.monotonic() + 30
        while len(values) < count and time.monotonic() < deadline:
            for operator in running:
                batch: Any = operator.poll(10)
                values += batch.values if batch else []
            time.sleep(0.002)
        return sorted(values)

    running = operators(2, None)
    assert read(running, 1) == ["a"]
    client.xadd(f"{prefix}:b", {"v": "b"})
    client.xadd(f"{prefix}:c", {"v": "c"})
    assert read(running, 2) == ["b", "c"]
    former = [operator.snapshot(1) for operator in running]
    for operator in running:
        operator.close()
    running = operators(3, former)
    client.xadd(f"{prefix}:a", {"v": "a2"})
    client.xadd(f"{prefix}:d", {"v": "d"})
    assert read(running, 2) == ["a2", "d"]
    time.sleep(0.1)
    assert read(running, 0) == []
    for operator in running:
        operator.close()
    # bounded: what matches when the job starts
    bounded = source.set_bounded(LATEST).build()
    assert bounded.discovery_interval is None
    assert sorted(to_the_end(started(bounded))) == ["a", "a2", "b", "c", "d"]
