"""Leases with fencing epochs over Redis."""

from collections.abc import Iterable, Mapping
from typing import Any

import redis

from penstock.coordination.events import RedisEvents
from penstock.coordination.holder import HOLDER_NAME, HeldLease
from penstock.coordination.keys import Keys
from penstock.coordination.scripts import Argument, Script

#: entries kept in the wake stream: it only wakes, the lease keys are the truth
WAKE_LENGTH = 100
_JOB = "job:"


def lease_keys(keys: Keys, role: str) -> list[str]:
    """Keys of the acquire script. A job's role is `job:<id>`."""
    tombstone = [keys.tombstone(role.removeprefix(_JOB))] if role.startswith(_JOB) else []
    return [keys.lease(role), keys.epoch(role), *tombstone]


class RedisLeases:
    """See `parts.Leases`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._events = RedisEvents(client)
        self._acquire = Script(client, "acquire")
        self._renew = Script(client, "renew")
        self._release = Script(client, "release")

    def acquire(self, role: str, nonce: str, ttl_ms: int, least: int = 0) -> int | None:
        if not nonce:
            raise ValueError(f"the lease of {role!r} needs a nonce")
        epoch = self._acquire(lease_keys(self._keys, role), [nonce, ttl_ms, least])
        return None if epoch is None else int(epoch)

    def renew(self, role: str, nonce: str, ttl_ms: int) -> bool:
        return not self.renew_all({role: nonce}, ttl_ms)

    def renew_all(self, nonces: Mapping[str, str], ttl_ms: int) -> set[str]:
        if not nonces:
            return set()
        ours = self._renew([self._keys.lease(role) for role in nonces], [ttl_ms, *nonces.values()])
        return {role for role, renewed in zip(nonces, ours, strict=True) if not renewed}

    def release(self, role: str, nonce: str) -> bool:
        arguments: list[Argument] = [nonce, role, WAKE_LENGTH]
        return bool(self._release([self._keys.lease(role), self._keys.lease_wake()], arguments))

    def epoch(self, role: str) -> int:
        return int(self._client.get(self._keys.epoch(role)) or 0)

    def wake(self) -> None:
        self._client.xadd(self._keys.lease_wake(), {"m": b""}, maxlen=WAKE_LENGTH, approximate=True)

    def wait_wake(self, cursor: str, block_ms: int) -> str:
        stream = self._keys.lease_wake()
        if cursor == "$":
            # "$" anew in each call would miss what comes between two calls.
            cursor = self._events.last_id(stream)
        found = self._events.read({stream: cursor}, block_ms)
        return found[stream][-1][0] if found else cursor

    def free(self, roles: Iterable[str]) -> list[str]:
        wanted = list(roles)
        if not wanted:
            return []
        holders = self._client.mget([self._keys.lease(role) for role in wanted])
        return [role for role, holder in zip(wanted, holders, strict=True) if holder is None]

    def held(self, roles: Iterable[str]) -> dict[str, HeldLease]:
        wanted = list(roles)
        if not wanted:
            return {}
        with self._client.pipeline(transaction=False) as reads:
            reads.mget([self._keys.lease(role) for role in wanted])
            for role in wanted:
                reads.pttl(self._keys.lease(role))
            nonces, *left = reads.execute()
        return {
            role: HeldLease(nonce.decode(), ms)
            for role, nonce, ms in zip(wanted, nonces, left, strict=True)
            if nonce is not None and ms >= 0
        }

    def holders(self) -> set[str]:
        connections: Any = self._client.client_list()
        names = (str(connection.get("name", "")) for connection in connections)
        return {name.removeprefix(HOLDER_NAME) for name in names if name.startswith(HOLDER_NAME)}

    def withdraw(self, role: str, nonce: str, most_ms: int) -> bool:
        arguments: list[Argument] = [nonce, role, WAKE_LENGTH, most_ms]
        return bool(self._release([self._keys.lease(role), self._keys.lease_wake()], arguments))
