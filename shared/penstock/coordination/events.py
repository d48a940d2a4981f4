"""Event and command streams over Redis. An entry has one field, `m`."""

import time
from collections.abc import Mapping
from typing import Any

import redis

from penstock.coordination.connection import MAX_BLOCK_MS

START = "0-0"
#: Redis ends a blocked read when it looks at its clients next, each 100 ms (`hz 10`) where nothing else is to be done
_TOO_FINE_MS = 10


def check_block(block_ms: int) -> None:
    """ValueError where a read would outlast the socket timeout."""
    if not 0 <= block_ms <= MAX_BLOCK_MS:
        raise ValueError(f"block_ms must lie in 0…{MAX_BLOCK_MS} (the socket timeout lies above), got {block_ms}")


def successor(entry: str) -> str:
    """The smallest id above `entry`."""
    milliseconds, _, number = entry.partition("-")
    return f"{int(milliseconds)}-{int(number or 0) + 1}"


class RedisEvents:
    """See `parts.Events`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes

    def append(self, key: str, payload: bytes) -> str:
        return str(self._client.xadd(key, {"m": payload}).decode())

    def read(
        self, cursors: Mapping[str, str], block_ms: int = 0, count: int = 256
    ) -> dict[str, list[tuple[str, bytes]]]:
        check_block(block_ms)
        if not cursors:
            raise ValueError("no stream to read")
        if 0 < block_ms <= _TOO_FINE_MS:
            time.sleep(block_ms / 1000)
            block_ms = 0
        found = self._client.xread(dict(cursors), count=count, block=block_ms or None)
        return {
            stream.decode(): [(entry.decode(), fields[b"m"]) for entry, fields in entries] for stream, entries in found
        }

    def trim(self, key: str, upto: str) -> int:
        return int(self._client.xtrim(key, minid=successor(upto), approximate=False))

    def last_id(self, key: str) -> str:
        newest = self._client.xrevrange(key, count=1)
        return newest[0][0].decode() if newest else START
