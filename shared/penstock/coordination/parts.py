"""What the coordination plane offers, as protocols: over Redis and as an in-memory twin, tested by one suite.

Every call raises `connection.AWAY` while Redis is away. "Repeatable": making the call again after such an error gives
what the first one would have given, whether or not it got through.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from penstock.coordination.holder import HeldLease
from penstock.coordination.operations import Commit, Committed, LeaderState
from penstock.coordination.rows import (
    Claim,
    ProfileRequest,
    ServiceInfo,
    SlotRow,
    StackSamples,
    SubtaskMetrics,
    TaskManagerInfo,
    Tombstone,
)
from penstock.coordination.tap_rows import TapLease, TapReport, TapView


class Leases(Protocol):
    """Who leads a role. `nonce`: random, new for every leadership, never reused."""

    def acquire(self, role: str, nonce: str, ttl_ms: int, least: int = 0) -> int | None:
        """The epoch where it was free or is ours already; None: another's, or the job has a tombstone. Repeatable.

        `least`: what the epoch has to be at least, where epochs are known that Redis has forgotten. A holder may call
        again with it: its former epoch is over then.
        """

    def renew(self, role: str, nonce: str, ttl_ms: int) -> bool:
        """False: the lease is not ours (any more). Repeatable."""

    def renew_all(self, nonces: Mapping[str, str], ttl_ms: int) -> set[str]:
        """Renew many (role -> nonce) in one round trip; those that are not ours (any more). Repeatable."""

    def release(self, role: str, nonce: str) -> bool:
        """Give the lease up and wake the contenders. False: it was not ours. Repeatable."""

    def epoch(self, role: str) -> int:
        """The newest epoch of the role, 0 where nobody ever led. Repeatable."""

    def wake(self) -> None:
        """Wake those who wait for a role."""

    def wait_wake(self, cursor: str, block_ms: int) -> str:
        """Block until a role may have become free; the cursor to wait with next. `$`: from now on. Repeatable."""

    def free(self, roles: Iterable[str]) -> list[str]:
        """Those of the roles that nobody holds, in the order given. Repeatable."""

    def held(self, roles: Iterable[str]) -> dict[str, HeldLease]:
        """Those of the roles that somebody holds, in one round trip. Repeatable."""

    def holders(self) -> set[str]:
        """Ids of the holders (`holder.holder_of`) whose renewer has a connection. Repeatable.

        Raises redis.NoPermissionError where connections may not be listed.
        """

    def withdraw(self, role: str, nonce: str, most_ms: int) -> bool:
        """End the lease of a holder that is gone, and wake the contenders. False: it is not of that nonce, or has more
        than `most_ms` left, so that it was renewed. Repeatable."""


class Store(Protocol):
    """The row sets of the leaders."""

    def load(self, role: str) -> LeaderState:
        """Rows, outbox, cursor and revision, all of one moment. Repeatable."""

    def row(self, roles: Sequence[str], name: str) -> list[bytes | None]:
        """One row of each role, None where it has none. Repeatable."""

    def commit(self, commit: Commit) -> Committed:
        """OK: it happened, once. FENCED: another leads, stop acting. CONFLICT: nothing happened, reload.

        Repeatable with the same commit, as long as no other was made since.
        """


class Events(Protocol):
    """Event and command streams. An entry is one payload; its id is the cursor behind it."""

    def append(self, key: str, payload: bytes) -> str:
        """The new entry's id. Repeating it may append twice: readers must bear duplicates."""

    def read(
        self, cursors: Mapping[str, str], block_ms: int = 0, count: int = 256
    ) -> dict[str, list[tuple[str, bytes]]]:
        """Up to `count` entries of each stream behind its cursor (`0-0`: all); empty ones are left out. Repeatable.

        `block_ms`: 0 returns at once; ValueError above `MAX_BLOCK_MS`.
        """

    def trim(self, key: str, upto: str) -> int:
        """Delete the entries up to and including `upto`; how many. Repeatable."""

    def last_id(self, key: str) -> str:
        """The newest entry's id, `0-0` for none. Repeatable."""


class Claims(Protocol):
    """Allocations as a job's slot processes make them their own."""

    def claim(self, job: str, allocation: str, epoch: int, nonce: str, pid: int, incarnation: str) -> bool:
        """OFFERED -> CLAIMED, and AllocationClaimed to the job's events. Repeatable by `nonce`.

        False for every late or second copy of a hint: claimed by another, withdrawn, of another incarnation, or of an
        epoch (the hint's, the row's) that Redis has not handed out.
        """

    def get(self, job: str, allocation: str) -> Claim | None:
        """The claim row. Repeatable."""


class Slots(Protocol):
    """A TaskManager's own slots."""

    def compare_and_set(
        self,
        taskmanager: str,
        slot: int,
        expected_state: str,
        expected_allocation: str,
        new: SlotRow,
        event: tuple[str, bytes] | None = None,
    ) -> bool:
        """Write `new`, and append `event` (stream, payload), where the row holds the expected state and allocation.

        False otherwise, and where the row is of another incarnation than `new`. Repeatable: True, without a second
        event, where the row equals `new` already.
        """

    def get(self, taskmanager: str, slot: int) -> SlotRow | None:
        """One row. Repeatable."""

    def all(self, taskmanager: str) -> dict[int, SlotRow]:
        """All rows by slot number. Repeatable."""

    def reset(self, taskmanager: str, incarnation: str, slots: int) -> None:
        """Replace all rows by `slots` FREE ones of a new incarnation. Repeatable."""


class Registry(Protocol):
    """The live processes, for `status` and REST. No decision rests on it."""

    def announce(self, service: ServiceInfo) -> None:
        """Write the row with the Redis clock as its time. Repeatable."""

    def forget(self, service: str, id: str) -> None:
        """A clean leave. Repeatable."""

    def alive(self) -> list[ServiceInfo]:
        """The rows younger than their TTL by the Redis clock, sorted; older ones are deleted. Repeatable."""


class Secret(Protocol):
    """Which cluster secret the services have, by its check value: none can be told apart from a wrong one later."""

    def keep(self, check: str, replaced: Collection[str] = ()) -> str:
        """Write it where there is none, or one of `replaced`; the one that stands then. Repeatable."""


class TaskManagers(Protocol):
    """Registrations and beats of the TaskManagers."""

    def register(self, info: TaskManagerInfo) -> None:
        """Write the newest registration. Repeatable."""

    def get(self, taskmanager: str) -> TaskManagerInfo | None:
        """None: removed, or never registered. Repeatable."""

    def all(self) -> list[TaskManagerInfo]:
        """Sorted by id. Repeatable."""

    def remove(self, taskmanager: str, incarnation: str) -> bool:
        """Delete the registration where it is still of this incarnation. Repeatable."""

    def beat(self, taskmanager: str, incarnation: str, counter: int, ttl_ms: int) -> None:
        """Show life. The TTL only collects garbage. Repeatable."""

    def beats(self, taskmanagers: Iterable[str]) -> dict[str, str | None]:
        """`<incarnation> <counter>` of each, None where there is no beat; for `Liveness.observe`. Repeatable."""

    def check_beats(self, ttl_ms: int) -> None:
        """Write as beats are written. A Redis that takes no writes is readable all the same, and who cannot beat there
        is not dead. Repeatable."""


class Blobs(Protocol):
    """Content-addressed payloads. Up to 1 MiB in Redis, larger ones in the storage directory."""

    def put(self, data: bytes) -> str:
        """The sha256 in hex. ValueError for a large one without a storage directory. Repeatable."""

    def get(self, digest: str) -> bytes:
        """Verified. KeyError names a missing digest, ValueError a malformed one or damaged content. Repeatable."""

    def exists(self, digests: Iterable[str]) -> set[str]:
        """Those that are there. Repeatable."""


@dataclass(frozen=True, slots=True)
class Submission:
    """How a job came in. `time`: ms; `digest`: of the whole submission; `graph`: of the JobGraph blob."""

    job: str
    digest: str
    graph: str
    name: str
    time: int


class Submissions(Protocol):
    """The jobs of the cluster."""

    def create(
        self, job: str, digest: str, graph_digest: str, name: str, time: int, initial_rows: Mapping[str, bytes]
    ) -> Literal["CREATED", "EXISTS", "CONFLICT"]:
        """Create if absent, make it a live job and wake the jobmanagers. CONFLICT: the id is taken by another digest.

        Repeatable: EXISTS where the first one got through.
        """

    def get(self, job: str) -> Submission | None: ...

    def all(self) -> list[tuple[str, int]]:
        """(job, submission time in ms), oldest first."""

    def live(self) -> set[str]:
        """Jobs without a tombstone."""

    def tombstone(self, job: str) -> Tombstone | None:
        """What a terminal job left."""


class Remains(Protocol):
    """What ended jobs leave in Redis and among the blobs, until somebody clears it away."""

    def turn(self, pause: int) -> bool:
        """Whether it is the caller's turn to look: once in `pause` ms, whoever asks first."""

    def ended(self) -> dict[str, int]:
        """The known jobs with a tombstone, and when (ms) each ended. Repeatable."""

    def forget(self, job: str, kept: int) -> bool:
        """Delete all that is left of an ended job; its tombstone and epoch stay for another `kept` ms, so that no late
        message or submission can run it again. False: it has not ended. Repeatable."""

    def sweep_blobs(self, used: Callable[[], Collection[str]], now: int, grace: int) -> int:
        """Delete blobs that are in none of two looks more than `grace` ms apart and that nobody asked for between; how
        many. `used`: asked for after the blobs were listed; `now`: ms. Repeatable."""


class Splits(Protocol):
    """A source's splits: whoever enumerates first decides."""

    def once(self, job: str, vertex: str, make: Callable[[], bytes]) -> bytes:
        """The first writer's value; `make` is called only where there is none yet. Repeatable."""


class Alignments(Protocol):
    """Rows by which the slots of a job tell each other how far the sources of an alignment group are."""

    def tell(self, job: str, group: str, member: str, row: bytes) -> dict[str, bytes]:
        """Write the member's row, and return those of the others. Repeatable."""

    def leave(self, job: str, group: str, member: str) -> None:
        """Delete the member's row. Repeatable."""


class Profiles(Protocol):
    """Stacks of subtasks, for flame graphs. Lost ones cost a second of display."""

    def ask(self, job: str, vertex: str, request: ProfileRequest, ttl_ms: int) -> None:
        """Somebody looks at the vertex, and will say so again within `ttl_ms`. Repeatable."""

    def asked(self, job: str, vertices: Sequence[str]) -> dict[str, ProfileRequest]:
        """Which of these are looked at, and how."""

    def put(self, job: str, seen: Mapping[tuple[str, int], StackSamples], ttl_ms: int) -> None:
        """What was seen of (vertex, subtask). Repeatable."""

    def all(self, job: str, vertex: str) -> dict[int, StackSamples]:
        """By subtask."""


class Metrics(Protocol):
    """Counters by (vertex, subtask). Lost ones cost a second of display."""

    def put(self, job: str, vertex: str, subtask: int, metrics: SubtaskMetrics) -> None:
        """Write, unless there are some of a newer attempt. Repeatable."""

    def put_all(self, job: str, metrics: Mapping[tuple[str, int], SubtaskMetrics], kept: int = 0) -> None:
        """The same for many, in one round trip. Of attempts replaced by it the counters are set aside, of the last
        `kept` of each subtask. Repeatable."""

    def all(self, job: str) -> dict[tuple[str, int], SubtaskMetrics]: ...

    def earlier(self, job: str) -> dict[tuple[str, int], tuple[SubtaskMetrics, ...]]:
        """What was set aside, the oldest first: records, bytes and times as they were told last."""


class Taps(Protocol):
    """Wire taps: who looks at which edge, and what passes there. Everything expires; nothing rests on it."""

    def view(self, job: str, lease: TapLease, after: str = "") -> TapView | None:
        """Lengthen the lease, and read batches behind `after` ("": the newest). None: the job has too many leases.

        Wakes the job's slots where nobody samples the point. Repeatable.
        """

    def publish(self, job: str, reports: Sequence[TapReport] = ()) -> list[TapLease]:
        """Send what was sampled; the leases there are. Repeating it may show records twice."""
