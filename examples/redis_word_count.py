"""Counts the words that arrive in a Redis stream, and writes each new count to another stream, exactly once.

    redis-cli XADD lines '*' text 'to be or not to be'
    python examples/redis_word_count.py --redis redis://localhost:6379/0 --bounded             in this process
    penstock run -m HOST:PORT -p 4 examples/redis_word_count.py --redis redis://redis:6379/0   on a cluster
    redis-cli XRANGE counts - +

With --bounded it reads what is there when it starts, and ends; otherwise it goes on until it is cancelled, and commits
with every checkpoint.
"""

import argparse

from penstock.common import Types, WatermarkStrategy
from penstock.common.serialization import SimpleStringSchema
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.base import DeliveryGuarantee
from penstock.datastream.connectors.redis import RedisStreamsSink, RedisStreamsSource, StreamPosition


def redis_word_count(url: str, lines: str, counts: str, bounded: bool) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    if not bounded:
        env.enable_checkpointing(1000)
    source = RedisStreamsSource.builder().set_url(url).set_stream_keys(lines)
    source.set_value_only_deserializer(SimpleStringSchema(), "text")
    if bounded:
        source.set_bounded(StreamPosition.latest())
    sink = (
        RedisStreamsSink.builder()
        .set_url(url)
        .set_stream_key(counts)
        .set_serializer(lambda pair: {"word": pair[0], "count": pair[1]})
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .set_max_len(1_000_000)
        .build()
    )
    pairs = Types.TUPLE([Types.STRING(), Types.LONG()])
    stream = env.from_source(source.build(), WatermarkStrategy.no_watermarks(), "lines")
    words = stream.flat_map(lambda text: [(word, 1) for word in text.split()], output_type=pairs)
    words.key_by(lambda pair: pair[0], key_type=Types.STRING()).sum(1).sink_to(sink)
    env.execute("redis word count")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Counts the words of a Redis stream.")
    parser.add_argument("--redis", required=True, help="URL of the Redis, as every slot sees it")
    parser.add_argument("--lines", default="lines", help="key of the stream to read; its entries have a field 'text'")
    parser.add_argument("--counts", default="counts", help="key of the stream to write")
    parser.add_argument("--bounded", action="store_true", help="read what is there, and end")
    arguments = parser.parse_args()
    redis_word_count(arguments.redis, arguments.lines, arguments.counts, arguments.bounded)
