"""What belongs to jobs, in the twin: blobs, submissions, splits, metrics."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from penstock.coordination.blobs import check_digest, verified
from penstock.coordination.keys import Keys
from penstock.coordination.leases import WAKE_LENGTH
from penstock.coordination.memory.keyspace import Keyspace
from penstock.coordination.messages import decode, encode
from penstock.coordination.metrics import earlier_metrics, newest_metrics
from penstock.coordination.operations import RESERVED_ROWS
from penstock.coordination.parts import Submission
from penstock.coordination.rows import SubtaskMetrics, Tombstone


class MemoryBlobs:
    """See `parts.Blobs`. Large ones are kept like small ones."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        with self._space as space:
            space.set(self._keys.blob(digest), data)
            space.drop_field(self._keys.unused_blobs(), digest)
        return digest

    def get(self, digest: str) -> bytes:
        with self._space as space:
            data = space.get(self._keys.blob(check_digest(digest)))
        if data is None:
            raise KeyError(f"no blob {digest}")
        return verified(digest, data)

    def exists(self, digests: Iterable[str]) -> set[str]:
        wanted = [check_digest(digest) for digest in digests]
        with self._space as space:
            for digest in wanted:
                space.drop_field(self._keys.unused_blobs(), digest)
            return {digest for digest in wanted if space.get(self._keys.blob(digest)) is not None}


class MemorySubmissions:
    """See `parts.Submissions`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def create(
        self, job: str, digest: str, graph_digest: str, name: str, time: int, initial_rows: Mapping[str, bytes]
    ) -> Literal["CREATED", "EXISTS", "CONFLICT"]:
        if reserved := RESERVED_ROWS & initial_rows.keys():
            raise ValueError(f"row names {sorted(reserved)} belong to the commit script; choose others")
        with self._space as space:
            there = self.get(job)
            if there is not None and there.digest != digest:
                return "CONFLICT"
            if there is not None or space.get(self._keys.tombstone(job)) is not None:
                return "EXISTS"
            row = {"digest": digest, "graph": graph_digest, "name": name, "time": str(time)}
            space.hash(self._keys.submission(job)).update({field: value.encode() for field, value in row.items()})
            space.scores.setdefault(self._keys.jobs(), {})[job] = time
            space.sets.setdefault(self._keys.live_jobs(), set()).add(job)
            owned = {"revision": b"0", "nonce": b"", "cursor": b"0-0"}
            space.hash(self._keys.rows(f"job:{job}")).update({**owned, **initial_rows})
            space.append(self._keys.lease_wake(), f"job:{job}".encode(), WAKE_LENGTH)
            return "CREATED"

    def get(self, job: str) -> Submission | None:
        with self._space as space:
            row = dict(space.hashes.get(self._keys.submission(job), {}))
        if not row:
            return None
        digest, graph, name = (row[field].decode() for field in ("digest", "graph", "name"))
        return Submission(job=job, digest=digest, graph=graph, name=name, time=int(row["time"]))

    def all(self) -> list[tuple[str, int]]:
        with self._space as space:
            jobs = space.scores.get(self._keys.jobs(), {})
            return sorted(jobs.items(), key=lambda job: (job[1], job[0]))

    def live(self) -> set[str]:
        with self._space as space:
            return set(space.sets.get(self._keys.live_jobs(), set()))

    def tombstone(self, job: str) -> Tombstone | None:
        with self._space as space:
            stored = space.get(self._keys.tombstone(job))
        return None if stored is None else decode(stored, Tombstone)


class MemorySplits:
    """See `parts.Splits`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def once(self, job: str, vertex: str, make: Callable[[], bytes]) -> bytes:
        key = self._keys.splits(job, vertex)
        with self._space as space:
            stored = space.get(key)
        if stored is not None:
            return stored
        made = make()
        with self._space as space:
            first = space.get(key)
            if first is None:
                space.set(key, made)
                first = made
            return first


_SET_ASIDE = (
    "attempt",
    "records_in",
    "records_out",
    "bytes_in",
    "bytes_out",
    "busy_ms",
    "backpressured_ms",
    "idle_ms",
    "records_read",
)


class MemoryMetrics:
    """See `parts.Metrics`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space = space
        self._keys = keys

    def put(self, job: str, vertex: str, subtask: int, metrics: SubtaskMetrics) -> None:
        self.put_all(job, {(vertex, subtask): metrics})

    def put_all(self, job: str, metrics: Mapping[tuple[str, int], SubtaskMetrics], kept: int = 0) -> None:
        with self._space as space:
            there = self.all(job)
            for (vertex, subtask), row in metrics.items():
                known = there.get((vertex, subtask))
                if known is None or known.attempt <= row.attempt:
                    if kept and known is not None and known.attempt < row.attempt:
                        self._set_aside(space, job, f"{vertex}:{subtask}", known, kept)
                    space.hash(self._keys.metrics(job))[f"{vertex}:{subtask}"] = encode(row)

    def _set_aside(self, space: Keyspace, job: str, field: str, known: SubtaskMetrics, kept: int) -> None:
        rows = space.hash(self._keys.earlier_metrics(job))
        counters = SubtaskMetrics(**{name: getattr(known, name) for name in _SET_ASIDE})
        rows[field] = b"\n".join([*rows.get(field, b"").splitlines(), encode(counters)][-kept:])

    def earlier(self, job: str) -> dict[tuple[str, int], tuple[SubtaskMetrics, ...]]:
        with self._space as space:
            return earlier_metrics(space.hashes.get(self._keys.earlier_metrics(job), {}))

    def all(self, job: str) -> dict[tuple[str, int], SubtaskMetrics]:
        with self._space as space:
            return newest_metrics(space.hashes.get(self._keys.metrics(job), {}))
