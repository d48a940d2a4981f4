"""Registrations of the twin: services and TaskManagers."""

from collections.abc import Iterable

import msgspec

from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace
from penstock.coordination.messages import decode, encode
from penstock.coordination.rows import ServiceInfo, TaskManagerInfo


class MemoryRegistry:
    """See `parts.Registry`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def announce(self, service: ServiceInfo) -> None:
        with self._space as space:
            row = msgspec.structs.replace(service, time=space.now_ms())
            space.hash(self._keys.services())[f"{row.service}:{row.id}"] = encode(row)

    def forget(self, service: str, id: str) -> None:
        with self._space as space:
            space.drop_field(self._keys.services(), f"{service}:{id}")

    def alive(self) -> list[ServiceInfo]:
        with self._space as space:
            rows = [decode(row, ServiceInfo) for row in space.hashes.get(self._keys.services(), {}).values()]
            for row in rows:
                if row.time + row.ttl < space.now_ms():
                    space.drop_field(self._keys.services(), f"{row.service}:{row.id}")
            alive = [row for row in rows if row.time + row.ttl >= space.now_ms()]
        return sorted(alive, key=lambda row: (row.service, row.id))


class MemoryTaskManagers:
    """See `parts.TaskManagers`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def register(self, info: TaskManagerInfo) -> None:
        with self._space as space:
            space.hash(self._keys.taskmanagers())[info.taskmanager] = encode(info)

    def get(self, taskmanager: str) -> TaskManagerInfo | None:
        with self._space as space:
            stored = space.hashes.get(self._keys.taskmanagers(), {}).get(taskmanager)
        return None if stored is None else decode(stored, TaskManagerInfo)

    def all(self) -> list[TaskManagerInfo]:
        with self._space as space:
            rows = list(space.hashes.get(self._keys.taskmanagers(), {}).values())
        return sorted((decode(row, TaskManagerInfo) for row in rows), key=lambda info: info.taskmanager)

    def remove(self, taskmanager: str, incarnation: str) -> bool:
        with self._space as space:
            info = self.get(taskmanager)
            if info is None or info.incarnation != incarnation:
                return False
            return space.drop_field(self._keys.taskmanagers(), taskmanager)

    def beat(self, taskmanager: str, incarnation: str, counter: int, ttl_ms: int) -> None:
        with self._space as space:
            space.set(self._keys.beat(taskmanager), f"{incarnation} {counter}".encode(), ttl_ms)

    def beats(self, taskmanagers: Iterable[str]) -> dict[str, str | None]:
        with self._space as space:
            found = {name: space.get(self._keys.beat(name)) for name in taskmanagers}
        return {name: None if beat is None else beat.decode() for name, beat in found.items()}

    def check_beats(self, ttl_ms: int) -> None:
        with self._space as space:
            space.set(self._keys.beat_watch(), b"1", ttl_ms)
