"""Leases of the twin."""

from collections.abc import Iterable, Mapping

from penstock.coordination.holder import HeldLease
from penstock.coordination.keys import Keys
from penstock.coordination.leases import WAKE_LENGTH, lease_keys
from penstock.coordination.memory.events import MemoryEvents
from penstock.coordination.memory.keyspace import Keyspace


class MemoryLeases:
    """See `parts.Leases`."""

    def __init__(self, space: Keyspace, keys: Keys, events: MemoryEvents) -> None:
        self._space = space
        self._keys = keys
        self._events = events
        #: ids of holders; nobody has a connection here
        self.connected: set[str] = set()

    def acquire(self, role: str, nonce: str, ttl_ms: int, least: int = 0) -> int | None:
        if not nonce:
            raise ValueError(f"the lease of {role!r} needs a nonce")
        lease, epoch, *tombstone = lease_keys(self._keys, role)
        with self._space as space:
            if any(space.get(key) is not None for key in tombstone):
                return None
            holder = space.get(lease)
            if holder is not None and holder != nonce.encode():
                return None
            space.set(lease, nonce.encode(), ttl_ms)
            current = int(space.get(epoch) or 0)
            wanted = max(current + (holder is None), least)
            if wanted != current:
                space.set(epoch, b"%d" % wanted)
            return wanted

    def renew(self, role: str, nonce: str, ttl_ms: int) -> bool:
        return not self.renew_all({role: nonce}, ttl_ms)

    def renew_all(self, nonces: Mapping[str, str], ttl_ms: int) -> set[str]:
        with self._space as space:
            ours = {role for role, nonce in nonces.items() if space.get(self._keys.lease(role)) == nonce.encode()}
            for role in ours:
                space.set(self._keys.lease(role), nonces[role].encode(), ttl_ms)
            return nonces.keys() - ours

    def release(self, role: str, nonce: str) -> bool:
        with self._space as space:
            if space.get(self._keys.lease(role)) != nonce.encode():
                return False
            space.delete(self._keys.lease(role))
            space.append(self._keys.lease_wake(), role.encode(), WAKE_LENGTH)
            return True

    def epoch(self, role: str) -> int:
        with self._space as space:
            return int(space.get(self._keys.epoch(role)) or 0)

    def wake(self) -> None:
        with self._space as space:
            space.append(self._keys.lease_wake(), b"", WAKE_LENGTH)

    def wait_wake(self, cursor: str, block_ms: int) -> str:
        stream = self._keys.lease_wake()
        if cursor == "$":
            cursor = self._events.last_id(stream)
        found = self._events.read({stream: cursor}, block_ms)
        return found[stream][-1][0] if found else cursor

    def free(self, roles: Iterable[str]) -> list[str]:
        with self._space as space:
            return [role for role in roles if space.get(self._keys.lease(role)) is None]

    def held(self, roles: Iterable[str]) -> dict[str, HeldLease]:
        found = {}
        with self._space as space:
            for role in roles:
                nonce, left = space.get(self._keys.lease(role)), space.left_ms(self._keys.lease(role))
                if nonce is not None and left is not None:
                    found[role] = HeldLease(nonce.decode(), left)
        return found

    def holders(self) -> set[str]:
        return set(self.connected)

    def withdraw(self, role: str, nonce: str, most_ms: int) -> bool:
        with self._space as space:
            left = space.left_ms(self._keys.lease(role))
            return left is not None and left <= most_ms and self.release(role, nonce)
