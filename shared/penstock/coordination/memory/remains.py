"""What ended jobs leave, in the twin."""

import re
from collections.abc import Callable, Collection

from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace
from penstock.coordination.messages import decode
from penstock.coordination.remains import left_by
from penstock.coordination.rows import Tombstone


class MemoryRemains:
    """See `parts.Remains`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def turn(self, pause: int) -> bool:
        with self._space as space:
            if space.get(self._keys.tidying()) is not None:
                return False
            space.set(self._keys.tidying(), b"", pause)
            return True

    def ended(self) -> dict[str, int]:
        with self._space as space:
            jobs = space.scores.get(self._keys.jobs(), {}).keys() - space.sets.get(self._keys.live_jobs(), set())
            stones = {job: space.get(self._keys.tombstone(job)) for job in jobs}
        return {job: decode(raw, Tombstone).time for job, raw in stones.items() if raw is not None}

    def forget(self, job: str, kept: int) -> bool:
        with self._space as space:
            live = space.sets.get(self._keys.live_jobs(), set())
            if job in live or space.get(self._keys.tombstone(job)) is None:
                return False
            space.expire(self._keys.tombstone(job), kept)
            space.expire(self._keys.epoch(f"job:{job}"), kept)
            space.scores.get(self._keys.jobs(), {}).pop(job, None)
            for key in left_by(self._keys, job):
                space.delete(key)
            return True

    def sweep_blobs(self, used: Callable[[], Collection[str]], now: int, grace: int) -> int:
        there = self._blobs()
        unused = there - set(used())
        with self._space as space:
            marks = space.hash(self._keys.unused_blobs())
            due = [
                digest for digest in unused if int(marks.get(digest, b"%d" % now)) + grace <= now and digest in marks
            ]
            for digest in due:
                space.delete(self._keys.blob(digest))
            fresh = {digest: marks.get(digest, b"%d" % now) for digest in unused - set(due)}
            marks.clear()
            marks.update(fresh)
            return len(due)

    def _blobs(self) -> set[str]:
        pattern = re.compile(re.escape(self._keys.blob("")) + r"([0-9a-f]{64})")
        with self._space as space:
            return {match[1] for match in map(pattern.fullmatch, space.strings()) if match}
