"""What slots tell each other of watermarks, in the twin."""

from penstock.coordination.alignments import EXPIRE
from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace


class MemoryAlignments:
    """See `parts.Alignments`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def tell(self, job: str, group: str, member: str, row: bytes) -> dict[str, bytes]:
        key = self._keys.alignment(job, group)
        with self._space as space:
            space.collect(key)
            space.hash(key)[member] = row
            space.expire(key, EXPIRE)
            return {name: raw for name, raw in space.hash(key).items() if name != member}

    def leave(self, job: str, group: str, member: str) -> None:
        with self._space as space:
            space.drop_field(self._keys.alignment(job, group), member)
