"""The data of the twin: what a Redis would hold, under one lock. A script of ours is one `with keyspace:` block."""

import threading
import time
from collections.abc import Callable
from typing import Self

import redis


def wall_ms() -> int:
    """ms since the epoch: the default clock, as Redis' own."""
    return time.time_ns() // 1_000_000


class Keyspace:
    """Strings with expiry, hashes, sets, sorted sets, streams. Absent keys read as empty."""

    def __init__(self, now_ms: Callable[[], int] = wall_ms) -> None:
        self.now_ms = now_ms
        self.away = False  #: a test's "Redis is down": every call raises redis.ConnectionError
        self.changed = threading.Condition(threading.RLock())
        self.hashes: dict[str, dict[str, bytes]] = {}
        self.sets: dict[str, set[str]] = {}
        self.scores: dict[str, dict[str, int]] = {}
        self.streams: dict[str, list[tuple[tuple[int, int], bytes]]] = {}
        self._last_ids: dict[str, tuple[int, int]] = {}
        self._strings: dict[str, bytes] = {}
        self._expiry: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.changed.acquire()
        if self.away:
            self.changed.release()
            raise redis.ConnectionError("the twin is away")
        return self

    def __exit__(self, *_: object) -> None:
        self.changed.release()

    def get(self, key: str) -> bytes | None:
        """None: absent or expired."""
        self.collect(key)
        return self._strings.get(key)

    def strings(self) -> list[str]:
        """The keys of all strings."""
        return list(self._strings)

    def set(self, key: str, value: bytes, ttl_ms: int | None = None) -> None:
        self._strings[key] = value
        self._expiry.pop(key, None)
        if ttl_ms is not None:
            self.expire(key, ttl_ms)

    def expire(self, key: str, ttl_ms: int) -> None:
        """PEXPIRE. Nothing where there is no such key."""
        if any(key in kind for kind in (self._strings, self.hashes, self.sets, self.scores, self.streams)):
            self._expiry[key] = self.now_ms() + ttl_ms

    def left_ms(self, key: str) -> int | None:
        """PTTL of a string. None: it is not there, or stays."""
        expires = None if self.get(key) is None else self._expiry.get(key)
        return None if expires is None else expires - self.now_ms()

    def collect(self, key: str) -> None:
        """Delete the key where its time is over."""
        expires = self._expiry.get(key)
        if expires is not None and expires <= self.now_ms():
            self.delete(key)

    def delete(self, key: str) -> None:
        """Whatever type it is of."""
        for kind in (self._strings, self._expiry, self.hashes, self.sets, self.scores, self.streams, self._last_ids):
            kind.pop(key, None)

    def hash(self, key: str) -> dict[str, bytes]:
        """For writing."""
        return self.hashes.setdefault(key, {})

    def drop_field(self, key: str, field: str) -> bool:
        """HDEL. Whether it was there."""
        found = self.hashes.get(key, {}).pop(field, None) is not None
        if not self.hashes.get(key, True):
            del self.hashes[key]
        return found

    def drop_member(self, key: str, member: str) -> None:
        """SREM."""
        self.sets.get(key, set()).discard(member)
        if not self.sets.get(key, True):
            del self.sets[key]

    def append(self, key: str, payload: bytes, longest: int | None = None) -> str:
        """XADD. Wakes the readers."""
        last = self._last_ids.get(key, (0, 0))
        new = max((self.now_ms(), 0), (last[0], last[1] + 1))
        self._last_ids[key] = new
        entries = self.streams.setdefault(key, [])
        entries.append((new, payload))
        if longest is not None:
            del entries[:-longest]
        self.changed.notify_all()
        return format_id(new)


def parse_id(entry: str) -> tuple[int, int]:
    """`<ms>-<number>`; the number may be missing. ValueError names anything else."""
    milliseconds, _, number = entry.partition("-")
    if not milliseconds.isdecimal() or not (number or "0").isdecimal():
        raise ValueError(f"not a stream id: {entry!r}")
    return int(milliseconds), int(number or 0)


def format_id(entry: tuple[int, int]) -> str:
    """`<ms>-<number>`."""
    return f"{entry[0]}-{entry[1]}"
