"""Programs with Redis streams at both ends, run in this process as `python job.py` runs them."""

import threading
from typing import Any

import pytest

from penstock.common import Types, WatermarkStrategy
from penstock.common.serialization import SimpleStringSchema
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.base import DeliveryGuarantee
from penstock.datastream.connectors.redis import RedisStreamsSink, RedisStreamsSource, StreamPosition

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("guarantee", [DeliveryGuarantee.EXACTLY_ONCE, DeliveryGuarantee.AT_LEAST_ONCE])
def test_stream_to_stream(url: str, client: Any, prefix: str, guarantee: DeliveryGuarantee) -> None:
    for n in range(50):
        client.xadd(f"{prefix}:{n % 3}", {"word": f"w{n % 5}"})
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    source = RedisStreamsSource.builder().set_url(url).set_stream_keys(*(f"{prefix}:{n}" for n in range(4)))
    words = source.set_value_only_deserializer(SimpleStringSchema(), "word").set_bounded(StreamPosition.latest())
    sink = RedisStreamsSink.builder().set_url(url).set_stream_key(f"{prefix}:out").set_delivery_guarantee(guarantee)
    stream = env.from_source(words.build(), WatermarkStrategy.no_watermarks(), "words")
    counts = stream.map(lambda w: (w, 1), Types.TUPLE([Types.STRING(), Types.INT()])).key_by(lambda p: p[0]).sum(1)
    counts.sink_to(sink.set_serializer(lambda pair: {"word": pair[0], "count": pair[1]}).build())
    env.execute("stream to stream")
    found: dict[bytes, int] = {}
    for _, fields in client.xrange(f"{prefix}:out"):
        found[fields[b"word"]] = max(found.get(fields[b"word"], 0), int(fields[b"count"]))
    assert found == {b"w%d" % n: 10 for n in range(5)}
    assert client.xlen(f"{prefix}:out") == 50


def test_records_have_the_time_of_their_ids(url: str, client: Any, prefix: str) -> None:
    for ms in (100, 250, 1200, 1300):
        client.xadd(prefix, {"v": str(ms)}, id=f"{ms}-0")
    from penstock.common.time import Time
    from penstock.datastream.window import TumblingEventTimeWindows

    env = StreamExecutionEnvironment.get_execution_environment()
    source = RedisStreamsSource.builder().set_url(url).set_stream_keys(prefix).set_bounded(StreamPosition.latest())
    built = source.set_value_only_deserializer(SimpleStringSchema(), "v").build()
    stream = env.from_source(built, WatermarkStrategy.for_monotonous_timestamps(), "timed")
    windows = stream.key_by(lambda v: "all").window(TumblingEventTimeWindows.of(Time.seconds(1)))
    assert sorted(windows.reduce(lambda a, b: f"{a},{b}").execute_and_collect()) == ["100,250", "1200,1300"]


def test_an_endless_stream_is_read_until_it_is_cancelled(url: str, client: Any, prefix: str) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    source = RedisStreamsSource.builder().set_url(url).set_stream_key_pattern(f"{prefix}*", 0.05)
    stream = env.from_source(source.build(), WatermarkStrategy.no_watermarks(), "endless")
    adds = threading.Timer(0.2, lambda: client.xadd(prefix, {"n": "1"}))
    adds.start()
    records: Any = stream.execute_and_collect()
    assert next(records) == {"n": "1"}
    client.xadd(f"{prefix}:new", {"n": "2"})
    assert next(records) == {"n": "2"}
    records.close()
    adds.join()
    assert not [t for t in threading.enumerate() if t.name == "redis streams source"]
