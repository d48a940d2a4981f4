"""Redis Streams as source and sink: docs/connectors.md. Needs Redis 6.2 or later."""

from penstock.datastream.connectors.redis.position import StreamPosition
from penstock.datastream.connectors.redis.sink import RedisStreamsSink, RedisStreamsSinkBuilder
from penstock.datastream.connectors.redis.source import RedisStreamsSource, RedisStreamsSourceBuilder

__all__ = [
    "RedisStreamsSink",
    "RedisStreamsSinkBuilder",
    "RedisStreamsSource",
    "RedisStreamsSourceBuilder",
    "StreamPosition",
]
