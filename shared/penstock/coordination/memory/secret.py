"""The check value of the cluster secret, in the twin."""

from collections.abc import Collection

from penstock.coordination.keys import Keys
from penstock.coordination.memory.keyspace import Keyspace


class MemorySecret:
    """See `parts.Secret`."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._key = space, keys.secret()

    def keep(self, check: str, replaced: Collection[str] = ()) -> str:
        with self._space as space:
            stored = space.get(self._key)
            if stored is None or stored.decode() in replaced:
                stored = check.encode()
                space.set(self._key, stored)
            return stored.decode()
