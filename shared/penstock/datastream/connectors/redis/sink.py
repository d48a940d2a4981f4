"""RedisStreamsSink."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from penstock.common.serialization import SerializationSchema
from penstock.datastream.connectors.base import DeliveryGuarantee
from penstock.datastream.connectors.redis.records import FieldOfValue, Fields, FieldsBy, fields_of
from penstock.datastream.connectors.redis.server import check_url, client_of, named
from penstock.datastream.connectors.redis.writers import (
    DirectWriter,
    RedisStreamsCommittable,
    Serializer,
    TransactionalWriter,
)
from penstock.operators.sink_interface import SinkWriter, WriterContext


@cache
def _commit_script() -> str:
    return (files("penstock.datastream.connectors.redis") / "commit.lua").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class RedisStreamsSink:
    """Adds records to Redis streams. Built by `builder`.

    Exactly once: records travel in the checkpoint, and one script adds all of a subtask when it is complete, with a
    guard by which a commit that comes again changes nothing. The guard is kept `guard_retention` seconds: a checkpoint
    that was committed longer ago must not be restored.
    """

    url: str
    serializer: Serializer
    guarantee: DeliveryGuarantee
    max_len: int | None
    approximate: bool
    batch_size: int
    patience: float
    guard_retention: float

    @staticmethod
    def builder() -> "RedisStreamsSinkBuilder":
        return RedisStreamsSinkBuilder()

    def create_writer(self, context: WriterContext) -> SinkWriter:
        if self.guarantee is DeliveryGuarantee.EXACTLY_ONCE:
            return TransactionalWriter(self.serializer, context)
        limit = () if self.max_len is None else ("MAXLEN", self._trimming, self.max_len)
        patience = self.patience if self.guarantee is DeliveryGuarantee.AT_LEAST_ONCE else None
        return DirectWriter(self.url, self.serializer, limit, self.batch_size, patience)

    def commit(self, committables: Sequence[RedisStreamsCommittable]) -> None:
        """ConnectionError where it is worth trying again; one that had got through changes nothing then."""
        limit = "" if self.max_len is None else self.max_len
        with client_of(self.url) as client:
            script: Any = client.register_script(_commit_script())
            for c in committables:
                with named(self.url, f"commit {c.count} entries"):
                    arguments = [c.number, round(self.guard_retention * 1000), limit, self._trimming, *c.chunks]
                    script(keys=[c.guard, *c.keys], args=arguments)

    @property
    def _trimming(self) -> str:
        return "~" if self.approximate else "="


class RedisStreamsSinkBuilder:
    """Made by `RedisStreamsSink.builder`. By default: at least once, dicts and rows with names, untrimmed."""

    def __init__(self) -> None:
        self._url: str | None = None
        self._key_of: str | Callable[[Any], str] | None = None
        self._fields_of: Callable[[Any], Fields] = fields_of
        self._guarantee = DeliveryGuarantee.AT_LEAST_ONCE
        self._max_len: int | None = None
        self._approximate = True
        self._batch_size = 500
        self._patience = 30.0
        self._guard_retention = 30 * 86_400.0

    def set_url(self, url: str) -> "RedisStreamsSinkBuilder":
        """`redis://`, `rediss://` or `unix://`, as every slot sees it."""
        self._url = check_url(url)
        return self

    def set_stream_key(self, key: str | Callable[[Any], str]) -> "RedisStreamsSinkBuilder":
        """The stream of all records, or a function that gives the stream of a record."""
        if not (callable(key) or (isinstance(key, str) and key)):
            raise TypeError(f"the key of a stream, or a function from record to key is needed, not {key!r}")
        self._key_of = key
        return self

    def set_serializer(self, function: Callable[[Any], Mapping[Any, Any]]) -> "RedisStreamsSinkBuilder":
        """`function(record)` -> fields: names to text, bytes or numbers."""
        if not callable(function):
            raise TypeError(f"a function from record to fields is needed, not {function!r}")
        self._fields_of = FieldsBy(function)
        return self

    def set_value_serializer(self, schema: SerializationSchema, field: str = "value") -> "RedisStreamsSinkBuilder":
        """The entry has one field, made of the record by the schema."""
        if not isinstance(schema, SerializationSchema):
            raise TypeError(f"a SerializationSchema is needed, such as SimpleStringSchema(), not {schema!r}")
        self._fields_of = FieldOfValue(schema, field.encode())
        return self

    def set_delivery_guarantee(self, guarantee: DeliveryGuarantee) -> "RedisStreamsSinkBuilder":
        """NONE: what is written while Redis is away is dropped with a warning."""
        if not isinstance(guarantee, DeliveryGuarantee):
            raise TypeError(f"a DeliveryGuarantee is needed, not {guarantee!r}")
        self._guarantee = guarantee
        return self

    def set_max_len(self, entries: int, approximate: bool = True) -> "RedisStreamsSinkBuilder":
        """Trim a stream to that many entries as it grows; `approximate`: to a few more, which costs Redis less."""
        if entries < 1:
            raise ValueError(f"max_len must be positive: {entries}")
        self._max_len, self._approximate = entries, approximate
        return self

    def set_batch_size(self, entries: int) -> "RedisStreamsSinkBuilder":
        """Entries sent together, unless the sink is exactly-once: there it is all of a checkpoint."""
        if entries < 1:
            raise ValueError(f"batch_size must be positive: {entries}")
        self._batch_size = entries
        return self

    def set_patience(self, seconds: float) -> "RedisStreamsSinkBuilder":
        """For how long a Redis that is away is waited for, unless the sink is exactly-once; then the task fails."""
        if seconds < 0:
            raise ValueError(f"the patience must not be negative: {seconds}")
        self._patience = seconds
        return self

    def set_guard_retention(self, seconds: float) -> "RedisStreamsSinkBuilder":
        """For how long after its commit a checkpoint or savepoint may be restored without adding its entries again."""
        if seconds <= 0:
            raise ValueError(f"the retention must be positive: {seconds}")
        self._guard_retention = seconds
        return self

    def build(self) -> RedisStreamsSink:
        """ValueError where url or stream are missing."""
        if self._url is None:
            raise ValueError("RedisStreamsSink needs a Redis: set_url")
        if self._key_of is None:
            raise ValueError("RedisStreamsSink needs a stream: set_stream_key")
        return RedisStreamsSink(
            self._url,
            Serializer(self._key_of, self._fields_of),
            self._guarantee,
            self._max_len,
            self._approximate,
            self._batch_size,
            self._patience,
            self._guard_retention,
        )
