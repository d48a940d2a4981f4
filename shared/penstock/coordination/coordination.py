"""The coordination plane as its users see it: one object with its parts as attributes."""

import time
from pathlib import Path
from typing import Self

import redis

from penstock.coordination.alignments import RedisAlignments
from penstock.coordination.blobs import RedisBlobs
from penstock.coordination.claims import RedisClaims
from penstock.coordination.connection import connect
from penstock.coordination.events import RedisEvents
from penstock.coordination.keys import Keys
from penstock.coordination.leases import RedisLeases
from penstock.coordination.metrics import RedisMetrics
from penstock.coordination.parts import (
    Alignments,
    Blobs,
    Claims,
    Events,
    Leases,
    Metrics,
    Profiles,
    Registry,
    Remains,
    Secret,
    Slots,
    Splits,
    Store,
    Submissions,
    Taps,
    TaskManagers,
)
from penstock.coordination.profiles import RedisProfiles
from penstock.coordination.registry import RedisRegistry
from penstock.coordination.remains import RedisRemains
from penstock.coordination.sealed import SealedEvents, SealedSlots, SealedSplits, SealedStore, SealedSubmissions
from penstock.coordination.secret import RedisSecret
from penstock.coordination.slots import RedisSlots
from penstock.coordination.splits import RedisSplits
from penstock.coordination.store import RedisStore
from penstock.coordination.submissions import RedisSubmissions
from penstock.coordination.taps import RedisTaps
from penstock.coordination.taskmanagers import RedisTaskManagers
from penstock.security.keyring import UNSIGNED, Keyring


class Coordination:
    """Over one Redis. Safe to share between threads, not over a fork. Its twin is `memory.MemoryCoordination`."""

    leases: Leases
    store: Store
    events: Events
    claims: Claims
    slots: Slots
    registry: Registry
    secret: Secret
    taskmanagers: TaskManagers
    blobs: Blobs
    submissions: Submissions
    remains: Remains
    splits: Splits
    metrics: Metrics
    alignments: Alignments
    taps: Taps
    profiles: Profiles

    def __init__(
        self, client: redis.Redis, keys: Keys, storage_dir: Path | None = None, keyring: Keyring = UNSIGNED
    ) -> None:
        self.client = client
        self.keys = keys
        self.keyring = keyring
        self.leases = RedisLeases(client, keys)
        self.store = RedisStore(client, keys)
        self.events = RedisEvents(client)
        self.claims = RedisClaims(client, keys, keyring)
        self.slots = RedisSlots(client, keys)
        self.registry = RedisRegistry(client, keys)
        self.secret = RedisSecret(client, keys)
        self.taskmanagers = RedisTaskManagers(client, keys)
        self.blobs = RedisBlobs(client, keys, storage_dir, keyring)
        self.submissions = RedisSubmissions(client, keys)
        self.remains = RedisRemains(client, keys, storage_dir)
        self.splits = RedisSplits(client, keys)
        self.metrics = RedisMetrics(client, keys)
        self.alignments = RedisAlignments(client, keys)
        self.taps = RedisTaps(client, keys, keyring)
        self.profiles = RedisProfiles(client, keys)
        if keyring.is_signing:
            self._seal(keyring)

    def _seal(self, keyring: Keyring) -> None:
        self.store = SealedStore(self.store, keyring)
        self.events = SealedEvents(self.events, keyring, self.keys)
        self.slots = SealedSlots(self.slots, keyring)
        self.submissions = SealedSubmissions(self.submissions, keyring)
        self.splits = SealedSplits(self.splits, self.keys, keyring)

    @classmethod
    def connect(
        cls, url: str, prefix: str = "penstock", storage_dir: Path | None = None, keyring: Keyring = UNSIGNED
    ) -> "Coordination":
        """Connects lazily: Redis need not be up yet (see `connection.wait_for_redis`)."""
        return cls(connect(url), Keys(prefix), storage_dir, keyring)

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
