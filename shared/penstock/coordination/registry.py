"""The live processes of the cluster, by the clock of Redis."""

import msgspec
import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode
from penstock.coordination.rows import ServiceInfo
from penstock.coordination.scripts import Script


class RedisRegistry:
    """See `parts.Registry`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._alive = Script(client, "alive")

    def announce(self, service: ServiceInfo) -> None:
        # A row written late looks older than it is, never younger.
        seconds, microseconds = self._client.time()
        row = msgspec.structs.replace(service, time=seconds * 1000 + microseconds // 1000)
        self._client.hset(self._keys.services(), f"{row.service}:{row.id}", encode(row))

    def forget(self, service: str, id: str) -> None:
        self._client.hdel(self._keys.services(), f"{service}:{id}")

    def alive(self) -> list[ServiceInfo]:
        rows = self._alive([self._keys.services()], [])
        return sorted((decode(row, ServiceInfo) for row in rows), key=lambda row: (row.service, row.id))
