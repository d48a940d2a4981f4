"""Registrations and beats of the TaskManagers over Redis."""

from collections.abc import Iterable
from typing import Any

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode
from penstock.coordination.rows import TaskManagerInfo
from penstock.coordination.scripts import Script


class RedisTaskManagers:
    """See `parts.TaskManagers`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys
        self._unregister = Script(client, "unregister")

    def register(self, info: TaskManagerInfo) -> None:
        self._client.hset(self._keys.taskmanagers(), info.taskmanager, encode(info))

    def get(self, taskmanager: str) -> TaskManagerInfo | None:
        stored = self._client.hget(self._keys.taskmanagers(), taskmanager)
        return None if stored is None else decode(stored, TaskManagerInfo)

    def all(self) -> list[TaskManagerInfo]:
        rows = self._client.hgetall(self._keys.taskmanagers())
        return sorted((decode(row, TaskManagerInfo) for row in rows.values()), key=lambda info: info.taskmanager)

    def remove(self, taskmanager: str, incarnation: str) -> bool:
        return bool(self._unregister([self._keys.taskmanagers()], [taskmanager, incarnation]))

    def beat(self, taskmanager: str, incarnation: str, counter: int, ttl_ms: int) -> None:
        self._client.set(self._keys.beat(taskmanager), f"{incarnation} {counter}", px=ttl_ms)

    def beats(self, taskmanagers: Iterable[str]) -> dict[str, str | None]:
        wanted = list(taskmanagers)
        if not wanted:
            return {}
        found = self._client.mget([self._keys.beat(taskmanager) for taskmanager in wanted])
        return {name: None if beat is None else beat.decode() for name, beat in zip(wanted, found, strict=True)}

    def check_beats(self, ttl_ms: int) -> None:
        self._client.set(self._keys.beat_watch(), b"1", px=ttl_ms)
