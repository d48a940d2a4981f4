"""Savepoint disposals: a row each in Redis, so that every replica can tell how one stands; forgotten after an hour."""

from typing import Any, Literal, Protocol

import msgspec
import redis

from penstock.coordination.failure import Failure
from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode

_LIFETIME_MS = 3_600_000


class DisposalRow(msgspec.Struct, frozen=True, kw_only=True):
    """`by`: REST address of the replica that does it."""

    trigger: str
    path: str
    by: str
    state: Literal["IN_PROGRESS", "COMPLETED", "FAILED"] = "IN_PROGRESS"
    failure: Failure | None = None


class DisposalStore(Protocol):
    """Raises `connection.AWAY` while Redis is away."""

    def add(self, row: DisposalRow) -> bool:
        """False: there is one of that id already."""

    def put(self, row: DisposalRow) -> None: ...

    def get(self, trigger: str) -> DisposalRow | None: ...


class RedisDisposalStore:
    """A string each."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys

    def add(self, row: DisposalRow) -> bool:
        return bool(self._client.set(self._keys.disposal(row.trigger), encode(row), px=_LIFETIME_MS, nx=True))

    def put(self, row: DisposalRow) -> None:
        self._client.set(self._keys.disposal(row.trigger), encode(row), px=_LIFETIME_MS)

    def get(self, trigger: str) -> DisposalRow | None:
        raw = self._client.get(self._keys.disposal(trigger))
        return None if raw is None else decode(raw, DisposalRow)


class MemoryDisposalStore:
    """The twin, for unit tests."""

    def __init__(self) -> None:
        self._rows: dict[str, DisposalRow] = {}

    def add(self, row: DisposalRow) -> bool:
        return self._rows.setdefault(row.trigger, row) is row

    def put(self, row: DisposalRow) -> None:
        self._rows[row.trigger] = row

    def get(self, trigger: str) -> DisposalRow | None:
        return self._rows.get(trigger)
