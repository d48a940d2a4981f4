"""Uploaded programs: a row each in Redis, their content among the blobs."""

from typing import Any, Protocol

import msgspec
import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode


class JarRow(msgspec.Struct, frozen=True, kw_only=True):
    """One upload. `id`: `<uuid>_<file name>`, as in Flink; `uploaded`: ms since the epoch."""

    id: str
    name: str
    uploaded: int
    digest: str
    entry: str | None = None  #: the file that is run unless a request says otherwise


class JarStore(Protocol):
    """Raises `connection.AWAY` while Redis is away."""

    def put(self, row: JarRow) -> None: ...

    def get(self, jar_id: str) -> JarRow | None: ...

    def all(self) -> list[JarRow]:
        """The newest first."""

    def remove(self, jar_id: str) -> bool:
        """False: there was none. The content stays: running jobs may have come from it."""


class RedisJarStore:
    """A hash: jar id -> row."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._key = keys.jars()

    def put(self, row: JarRow) -> None:
        self._client.hset(self._key, row.id, encode(row))

    def get(self, jar_id: str) -> JarRow | None:
        raw = self._client.hget(self._key, jar_id)
        return None if raw is None else decode(raw, JarRow)

    def all(self) -> list[JarRow]:
        rows = (decode(raw, JarRow) for raw in self._client.hvals(self._key))
        return sorted(rows, key=lambda row: (-row.uploaded, row.id))

    def remove(self, jar_id: str) -> bool:
        return bool(self._client.hdel(self._key, jar_id))


class MemoryJarStore:
    """The twin, for unit tests."""

    def __init__(self) -> None:
        self._rows: dict[str, JarRow] = {}

    def put(self, row: JarRow) -> None:
        self._rows[row.id] = row

    def get(self, jar_id: str) -> JarRow | None:
        return self._rows.get(jar_id)

    def all(self) -> list[JarRow]:
        return sorted(self._rows.values(), key=lambda row: (-row.uploaded, row.id))

    def remove(self, jar_id: str) -> bool:
        return self._rows.pop(jar_id, None) is not None
