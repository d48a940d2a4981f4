"""What the slots of a job tell each other of the watermarks of an alignment group, over Redis."""

from typing import Any

import redis

from penstock.coordination.keys import Keys

#: ms; of a group nobody speaks in any more
EXPIRE = 3_600_000


class RedisAlignments:
    """See `parts.Alignments`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys

    def tell(self, job: str, group: str, member: str, row: bytes) -> dict[str, bytes]:
        key = self._keys.alignment(job, group)
        with self._client.pipeline() as at_once:
            at_once.hset(key, member, row)
            at_once.pexpire(key, EXPIRE)
            at_once.hgetall(key)
            rows = at_once.execute()[-1]
        return {name.decode(): raw for name, raw in rows.items() if name.decode() != member}

    def leave(self, job: str, group: str, member: str) -> None:
        self._client.hdel(self._keys.alignment(job, group), member)
