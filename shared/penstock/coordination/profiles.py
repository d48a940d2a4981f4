"""Flame graphs over Redis: who wants one, and what slots have seen."""

from collections.abc import Mapping, Sequence
from typing import Any

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode
from penstock.coordination.rows import ProfileRequest, StackSamples


class RedisProfiles:
    """See `parts.Profiles`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys

    def ask(self, job: str, vertex: str, request: ProfileRequest, ttl_ms: int) -> None:
        self._client.set(self._keys.profile(job, vertex), encode(request), px=ttl_ms)

    def asked(self, job: str, vertices: Sequence[str]) -> dict[str, ProfileRequest]:
        found = self._client.mget([self._keys.profile(job, v) for v in vertices]) if vertices else []
        return {v: decode(raw, ProfileRequest) for v, raw in zip(vertices, found, strict=True) if raw is not None}

    def put(self, job: str, seen: Mapping[tuple[str, int], StackSamples], ttl_ms: int) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            for (vertex, subtask), samples in seen.items():
                key = self._keys.profiles(job, vertex)
                pipeline.hset(key, str(subtask), encode(samples))
                pipeline.pexpire(key, ttl_ms)
            pipeline.execute()

    def all(self, job: str, vertex: str) -> dict[int, StackSamples]:
        found = self._client.hgetall(self._keys.profiles(job, vertex))
        return {int(subtask): decode(raw, StackSamples) for subtask, raw in sorted(found.items())}
