"""A source's splits over Redis: enumerated once, whoever does it."""

from collections.abc import Callable
from typing import Any

import redis

from penstock.coordination.keys import Keys


class RedisSplits:
    """See `parts.Splits`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys

    def once(self, job: str, vertex: str, make: Callable[[], bytes]) -> bytes:
        key = self._keys.splits(job, vertex)
        stored: bytes | None = self._client.get(key)
        if stored is not None:
            return stored
        made = make()
        if self._client.set(key, made, nx=True):
            return made
        first: bytes | None = self._client.get(key)
        if first is None:
            raise KeyError(f"the splits of vertex {vertex} of job {job} were deleted: the job has ended")
        return first
