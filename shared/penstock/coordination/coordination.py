"""The coordination plane as its users see it: one object with its parts as attributes."""

import time
from pathlib import Path
from typing import Self

import redis

from penstock.coordination.blobs import RedisBlobs
from penstock.coordination.claims import RedisClaims
from penstock.coordination.connection import connect
from penstock.coordination.events import RedisEvents
from penstock.coordination.keys import Keys
from penstock.coordination.leases import RedisLeases
from penstock.coordination.metrics import RedisMetrics
from penstock.coordination.parts import (
    Blobs,
    Claims,
    Events,
    Leases,
    Metrics,
    Profiles,
    Registry,
    Slots,
    Splits,
    Store,
    Submissions,
    TaskManagers,
)
from penstock.coordination.profiles import RedisProfiles
from penstock.coordination.registry import RedisRegistry
from penstock.coordination.slots import RedisSlots
from penstock.coordination.splits import RedisSplits
from penstock.coordination.store import RedisStore
from penstock.coordination.submissions import RedisSubmissions
from penstock.coordination.taskmanagers import RedisTaskManagers


class Coordination:
    """Over one Redis. Safe to share between threads, not over a fork. Its twin is `memory.MemoryCoordination`."""

    leases: Leases
    store: Store
    events: Events
    claims: Claims
    slots: Slots
    registry: Registry
    taskmanagers: TaskManagers
    blobs: Blobs
    submissions: Submissions
    splits: Splits
    metrics: Metrics
    profiles: Profiles

    def __init__(self, client: redis.Redis, keys: Keys, storage_dir: Path | None = None) -> None:
        self.client = client
        self.keys = keys
        self.leases = RedisLeases(client, keys)
        self.store = RedisStore(client, keys)
        self.events = RedisEvents(client)
        self.claims = RedisClaims(client, keys)
        self.slots = RedisSlots(client, keys)
        self.registry = RedisRegistry(client, keys)
        self.taskmanagers = RedisTaskManagers(client, keys)
        self.blobs = RedisBlobs(client, keys, storage_dir)
        self.submissions = RedisSubmissions(client, keys)
        self.splits = RedisSplits(client, keys)
        self.metrics = RedisMetrics(client, keys)
        self.profiles = RedisProfiles(client, keys)

    @classmethod
    def connect(cls, url: str, prefix: str = "penstock", storage_dir: Path | None = None) -> "Coordination":
        """Connects lazily: Redis need not be up yet (see `connection.wait_for_redis`)."""
        return cls(connect(url), Keys(prefix), storage_dir)

    def ping(self) -> float:
        """One round trip, in seconds. Raises `connection.AWAY`."""
        start = time.monotonic()
        self.client.ping()
        return time.monotonic() - start

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
