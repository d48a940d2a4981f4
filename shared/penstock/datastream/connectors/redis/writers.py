"""The writers of RedisStreamsSink: at once, or packed until the commit."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from penstock.coordination.patience import retrying
from penstock.datastream.connectors.redis.packed import PackedEntries
from penstock.datastream.connectors.redis.records import Fields
from penstock.datastream.connectors.redis.server import client_of, named
from penstock.operators.sink_interface import WriterContext

_log = structlog.get_logger(__name__)

#: bytes after which a batch is sent, however few entries it has
_BATCH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Serializer:
    """Record to the key of its stream and its fields."""

    key_of: str | Callable[[Any], str]
    fields_of: Callable[[Any], Fields]

    def __call__(self, value: Any) -> tuple[bytes, Fields]:
        """TypeError, ValueError name what a record does not fit."""
        key = self.key_of if isinstance(self.key_of, str) else self.key_of(value)
        if not isinstance(key, str) or not key:
            raise TypeError(f"the stream key of {value!r} has to be text that is not empty, not {key!r}")
        return key.encode("utf-8", "surrogateescape"), self.fields_of(value)


@dataclass(frozen=True, slots=True)
class RedisStreamsCommittable:
    """What a writer wrote for one checkpoint, whole. `number`: rises with each of the writer; `guard`: its key."""

    guard: str
    number: int
    keys: tuple[bytes, ...]
    chunks: tuple[bytes, ...]
    count: int


class TransactionalWriter:
    """Keeps entries until a barrier; they travel in the checkpoint."""

    def __init__(self, serializer: Serializer, context: WriterContext) -> None:
        self._serializer = serializer
        # every writer has a guard of its own: numbers start anew with each attempt
        place = f"{context.job_id}:{context.operator_id}:{context.subtask}"
        self._guard = f"penstock:committed:{place}:{uuid.uuid4().hex}"
        self._number = 0
        self._entries = PackedEntries()
        if not context.checkpointing:
            _log.warning("without checkpoints an exactly-once sink writes nothing before the end of input")

    def write(self, values: Sequence[Any]) -> None:
        for value in values:
            self._entries.add(*self._serializer(value))

    def flush(self) -> None: ...

    def prepare_commit(self) -> list[RedisStreamsCommittable]:
        written, self._entries = self._entries, PackedEntries()
        if not written.count:
            return []
        self._number += 1
        return [RedisStreamsCommittable(self._guard, self._number, written.keys(), written.chunks(), written.count)]

    def close(self) -> None: ...


class DirectWriter:
    """Sends batches at once. With `patience` a batch is sent until Redis has taken it, which it may more than once;
    None: a batch that cannot be sent is dropped with a warning.
    """

    def __init__(
        self, url: str, serializer: Serializer, limit: Sequence[str | int], batch_size: int, patience: float | None
    ) -> None:
        self._url, self._serializer, self._limit = url, serializer, limit
        self._batch_size, self._patience = batch_size, patience
        self._client: Any = client_of(url)
        self._batch: list[tuple[bytes, Fields]] = []
        self._bytes = 0

    def write(self, values: Sequence[Any]) -> None:
        for value in values:
            key, fields = self._serializer(value)
            self._batch.append((key, fields))
            self._bytes += sum(map(len, fields))
            if len(self._batch) >= self._batch_size or self._bytes >= _BATCH_BYTES:
                self.flush()

    def flush(self) -> None:
        if not self._batch:
            return
        what = f"add {len(self._batch)} entries"
        try:
            with named(self._url, what, self._patience or 0.0):
                if self._patience is None:
                    self._send()
                else:
                    retrying(what, give_up_after=self._patience)(self._send)
        except ConnectionError as e:
            if self._patience is not None:
                raise
            _log.warning("entries are dropped", entries=len(self._batch), error=str(e))
        self._batch, self._bytes = [], 0

    def prepare_commit(self) -> list[Any]:
        return []

    def close(self) -> None:
        self._client.close()

    def _send(self) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for key, fields in self._batch:
            pipeline.execute_command("XADD", key, *self._limit, "*", *fields)
        pipeline.execute()
