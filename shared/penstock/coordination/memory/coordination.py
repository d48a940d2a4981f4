"""The twin as one object."""

import time
from collections.abc import Callable

from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.memory.alignments import MemoryAlignments
from penstock.coordination.memory.events import MemoryEvents
from penstock.coordination.memory.jobs import MemoryBlobs, MemoryMetrics, MemorySplits, MemorySubmissions
from penstock.coordination.memory.keyspace import Keyspace, wall_ms
from penstock.coordination.memory.leases import MemoryLeases
from penstock.coordination.memory.processes import MemoryRegistry, MemoryTaskManagers
from penstock.coordination.memory.profiles import MemoryProfiles
from penstock.coordination.memory.remains import MemoryRemains
from penstock.coordination.memory.secret import MemorySecret
from penstock.coordination.memory.slots import MemoryClaims, MemorySlots
from penstock.coordination.memory.store import MemoryStore
from penstock.coordination.memory.taps import MemoryTaps
from penstock.security.keyring import UNSIGNED


class MemoryCoordination(Coordination):
    """Has no `client`. `space` is its data; `space.away = True` makes it a Redis that is down.

    `now_ms`: its clock, for expiry and stream ids; a blocking read waits in real time.
    """

    def __init__(self, keys: Keys | None = None, *, now_ms: Callable[[], int] = wall_ms) -> None:
        self.keys = keys or Keys()
        self.keyring = UNSIGNED
        self.space = Keyspace(now_ms)
        events = MemoryEvents(self.space)
        self.events = events
        self.leases = MemoryLeases(self.space, self.keys, events)
        self.store = MemoryStore(self.space, self.keys)
        self.claims = MemoryClaims(self.space, self.keys)
        self.slots = MemorySlots(self.space, self.keys)
        self.registry = MemoryRegistry(self.space, self.keys)
        self.secret = MemorySecret(self.space, self.keys)
        self.taskmanagers = MemoryTaskManagers(self.space, self.keys)
        self.blobs = MemoryBlobs(self.space, self.keys)
        self.submissions = MemorySubmissions(self.space, self.keys)
        self.remains = MemoryRemains(self.space, self.keys)
        self.splits = MemorySplits(self.space, self.keys)
        self.metrics = MemoryMetrics(self.space, self.keys)
        self.alignments = MemoryAlignments(self.space, self.keys)
        self.taps = MemoryTaps(self.space, self.keys)
        self.profiles = MemoryProfiles(self.space, self.keys)

    def ping(self) -> float:
        """Seconds until the data was ours."""
        start = time.monotonic()
        with self.space:
            return time.monotonic() - start

    def close(self) -> None:
        """The data stays."""
