"""What ended jobs leave, over Redis."""

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import redis

from penstock.coordination.blob_files import remove_blob_file
from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode
from penstock.coordination.rows import Tombstone
from penstock.coordination.scripts import Script

_SCAN = 1000


def left_by(keys: Keys, job: str) -> list[str]:
    """The keys of a job that are of no use once it has ended, beside those that expire by themselves."""
    role = f"job:{job}"
    return [
        keys.submission(job),
        keys.rows(role),
        keys.outbox(role),
        keys.events(role),
        keys.metrics(job),
        keys.earlier_metrics(job),
        keys.claims(job),
        keys.lease(role),
    ]


class RedisRemains:
    """See `parts.Remains`."""

    def __init__(self, client: redis.Redis, keys: Keys, storage_dir: Path | None) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys, self._storage_dir = keys, storage_dir
        self._forget, self._drop = Script(client, "forget"), Script(client, "drop_blob")

    def turn(self, pause: int) -> bool:
        return bool(self._client.set(self._keys.tidying(), b"", nx=True, px=pause))

    def ended(self) -> dict[str, int]:
        with self._client.pipeline() as both:
            both.zrange(self._keys.jobs(), 0, -1)
            both.smembers(self._keys.live_jobs())
            known, live = both.execute()
        jobs = [job.decode() for job in known if job not in live]
        if not jobs:
            return {}
        stones = self._client.mget([self._keys.tombstone(job) for job in jobs])
        return {job: decode(raw, Tombstone).time for job, raw in zip(jobs, stones, strict=True) if raw is not None}

    def forget(self, job: str, kept: int) -> bool:
        keys = self._keys
        names = [keys.tombstone(job), keys.epoch(f"job:{job}"), keys.jobs(), keys.live_jobs(), *left_by(keys, job)]
        return bool(self._forget(names, [job, kept]))

    def sweep_blobs(self, used: Callable[[], Collection[str]], now: int, grace: int) -> int:
        there = self._blobs()
        unused, marked = there - set(used()), self._marks()
        with self._client.pipeline(transaction=False) as marks:
            for digest in unused - marked.keys():
                marks.hset(self._keys.unused_blobs(), digest, now)
            for digest in marked.keys() - unused:
                marks.hdel(self._keys.unused_blobs(), digest)
            marks.execute()
        due = [digest for digest in unused & marked.keys() if int(marked[digest]) + grace <= now]
        return sum(self._remove(digest, marked[digest]) for digest in due)

    def _remove(self, digest: str, mark: bytes) -> bool:
        keys = self._keys
        answer = self._drop(
            [keys.blob(digest), keys.blob_in_store(digest), keys.unused_blobs()], [digest, mark.decode()]
        )
        if answer == 2 and self._storage_dir is not None:
            remove_blob_file(
                self._storage_dir, digest, lambda: bool(self._client.exists(self._keys.blob_in_store(digest)))
            )
        return bool(answer)

    def _marks(self) -> dict[str, bytes]:
        return {digest.decode(): mark for digest, mark in self._client.hgetall(self._keys.unused_blobs()).items()}

    def _blobs(self) -> set[str]:
        pattern = re.compile(re.escape(self._keys.blob("")) + r"([0-9a-f]{64})(:path)?")
        found = self._client.scan_iter(match=self._keys.blob("*"), count=_SCAN)
        matches = (pattern.fullmatch(key.decode()) for key in found)
        return {match[1] for match in matches if match}
