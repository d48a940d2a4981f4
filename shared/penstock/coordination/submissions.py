"""Jobs as they come in, over Redis."""

from collections.abc import Mapping
from typing import Any, Literal

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.leases import WAKE_LENGTH
from penstock.coordination.messages import decode
from penstock.coordination.operations import RESERVED_ROWS
from penstock.coordination.parts import Submission
from penstock.coordination.rows import Tombstone
from penstock.coordination.scripts import Argument, Script


class RedisSubmissions:
    """See `parts.Submissions`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys
        self._submit = Script(client, "submit")

    def create(
        self, job: str, digest: str, graph_digest: str, name: str, time: int, initial_rows: Mapping[str, bytes]
    ) -> Literal["CREATED", "EXISTS", "CONFLICT"]:
        if reserved := RESERVED_ROWS & initial_rows.keys():
            raise ValueError(f"row names {sorted(reserved)} belong to the commit script; choose others")
        keys = self._keys
        names = [keys.submission(job), keys.jobs(), keys.live_jobs(), keys.tombstone(job)]
        names += [keys.rows(f"job:{job}"), keys.lease_wake()]
        arguments: list[Argument] = [job, digest, graph_digest, name, time, WAKE_LENGTH]
        for row, value in initial_rows.items():
            arguments += [row, value]
        answer: Literal["CREATED", "EXISTS", "CONFLICT"] = self._submit(names, arguments).decode()
        return answer

    def get(self, job: str) -> Submission | None:
        row = self._client.hgetall(self._keys.submission(job))
        if not row:
            return None
        digest, graph, name = (row[field].decode() for field in (b"digest", b"graph", b"name"))
        return Submission(job=job, digest=digest, graph=graph, name=name, time=int(row[b"time"]))

    def all(self) -> list[tuple[str, int]]:
        rows = self._client.zrange(self._keys.jobs(), 0, -1, withscores=True)
        return [(job.decode(), int(time)) for job, time in rows]

    def live(self) -> set[str]:
        return {job.decode() for job in self._client.smembers(self._keys.live_jobs())}

    def tombstone(self, job: str) -> Tombstone | None:
        stored = self._client.get(self._keys.tombstone(job))
        return None if stored is None else decode(stored, Tombstone)
