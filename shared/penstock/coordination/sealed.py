"""The coordination plane of a cluster with a secret: what is written is sealed, what is read is opened.

What does not open is refused here, before anybody decodes it: it is logged, and its reader finds `REFUSED`, which is no
message and no row. So every reader passes it over, or names it, as it does with anything malformed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import structlog

from penstock.coordination.keys import Keys
from penstock.coordination.operations import Commit, Committed, LeaderState, Op, StreamAdd
from penstock.coordination.parts import Events, Slots, Splits, Store, Submission, Submissions
from penstock.coordination.rows import SlotRow, Tombstone
from penstock.security.keyring import BadSeal, Keyring
from penstock.security.purpose import Purpose

_log = structlog.get_logger(__name__)

#: in place of what was refused
REFUSED = b"(refused: not sealed with the cluster secret)"


def opened(keyring: Keyring, purpose: Purpose, context: str, sealed: bytes, **where: str) -> bytes:
    """The data, or `REFUSED`, of which the log then tells `where` it was."""
    try:
        return keyring.open(purpose, context, sealed)
    except BadSeal as error:
        _log.error(f"a {purpose} was refused", context=context, why=str(error), begins=repr(sealed[:40]), **where)
        return REFUSED


class SealedEvents:
    """See `parts.Events`. A message is sealed for its stream; in one that only wakes there are none to open."""

    def __init__(self, events: Events, keyring: Keyring, keys: Keys) -> None:
        self._events, self._keyring, self._wake = events, keyring, keys.lease_wake()
        self.trim, self.last_id = events.trim, events.last_id

    def append(self, key: str, payload: bytes) -> str:
        return self._events.append(key, self._keyring.seal("message", key, payload))

    def read(
        self, cursors: Mapping[str, str], block_ms: int = 0, count: int = 256
    ) -> dict[str, list[tuple[str, bytes]]]:
        found = self._events.read(cursors, block_ms, count)
        return {
            key: entries
            if key == self._wake
            else [(entry, opened(self._keyring, "message", key, payload, entry=entry)) for entry, payload in entries]
            for key, entries in found.items()
        }


class SealedStore:
    """See `parts.Store`. A row is sealed for its place, and so is an effect."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store, self._keyring = store, keyring

    def load(self, role: str) -> LeaderState:
        state = self._store.load(role)
        return replace(state, rows=self._opened(role, state.rows), outbox=self._opened(f"{role} outbox", state.outbox))

    def row(self, roles: Sequence[str], name: str) -> list[bytes | None]:
        found = zip(roles, self._store.row(roles, name), strict=True)
        return [None if raw is None else self._opened(role, {name: raw})[name] for role, raw in found]

    def commit(self, commit: Commit) -> Committed:
        return self._store.commit(
            replace(
                commit,
                rows=sealed_rows(self._keyring, commit.role, commit.rows),
                outbox=sealed_rows(self._keyring, f"{commit.role} outbox", commit.outbox),
                ops=[self._operation(op) for op in commit.ops],
            )
        )

    def _opened(self, place: str, rows: Mapping[str, bytes]) -> dict[str, bytes]:
        return {name: opened(self._keyring, "row", f"{place} {name}", value) for name, value in rows.items()}

    def _operation(self, op: Op) -> Op:
        if isinstance(op, StreamAdd):
            return replace(op, payload=self._keyring.seal("message", op.key, op.payload))
        return op


def sealed_rows(keyring: Keyring, place: str, rows: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """`place`: the role, or its outbox. None, which deletes, stays."""
    return {
        name: None if value is None else keyring.seal("row", f"{place} {name}", value) for name, value in rows.items()
    }


class SealedSlots:
    """See `parts.Slots`. The rows are no secret's: they lead to nothing that is run."""

    def __init__(self, slots: Slots, keyring: Keyring) -> None:
        self._slots, self._keyring = slots, keyring
        self.get, self.all, self.reset = slots.get, slots.all, slots.reset

    def compare_and_set(
        self,
        taskmanager: str,
        slot: int,
        expected_state: str,
        expected_allocation: str,
        new: SlotRow,
        event: tuple[str, bytes] | None = None,
    ) -> bool:
        if event is not None:
            event = event[0], self._keyring.seal("message", *event)
        return self._slots.compare_and_set(taskmanager, slot, expected_state, expected_allocation, new, event)


class SealedSubmissions:
    """See `parts.Submissions`. Of the graph the blob is sealed, and names its job."""

    def __init__(self, submissions: Submissions, keyring: Keyring) -> None:
        self._submissions, self._keyring = submissions, keyring

    def create(
        self, job: str, digest: str, graph_digest: str, name: str, time: int, initial_rows: Mapping[str, bytes]
    ) -> Literal["CREATED", "EXISTS", "CONFLICT"]:
        rows = {row: self._keyring.seal("row", f"job:{job} {row}", value) for row, value in initial_rows.items()}
        return self._submissions.create(job, digest, graph_digest, name, time, rows)

    def get(self, job: str) -> Submission | None:
        return self._submissions.get(job)

    def all(self) -> list[tuple[str, int]]:
        return self._submissions.all()

    def live(self) -> set[str]:
        return self._submissions.live()

    def tombstone(self, job: str) -> Tombstone | None:
        return self._submissions.tombstone(job)


class SealedSplits:
    """See `parts.Splits`. BadSeal where somebody else's are there."""

    def __init__(self, splits: Splits, keys: Keys, keyring: Keyring) -> None:
        self._splits, self._keys, self._keyring = splits, keys, keyring

    def once(self, job: str, vertex: str, make: Callable[[], bytes]) -> bytes:
        place = self._keys.splits(job, vertex)
        found = self._splits.once(job, vertex, lambda: self._keyring.seal("splits", place, make()))
        try:
            return self._keyring.open("splits", place, found)
        except BadSeal as error:
            raise BadSeal(f"the splits of vertex {vertex} of job {job}, at {place} in Redis: {error}") from None
