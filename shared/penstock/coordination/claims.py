"""Claims over Redis: a Celery delivery is a hint, the claim decides."""

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import AllocationClaimed, decode, encode
from penstock.coordination.rows import Claim
from penstock.coordination.scripts import Argument, Script
from penstock.security.keyring import UNSIGNED, Keyring


class RedisClaims:
    """See `parts.Claims`."""

    def __init__(self, client: redis.Redis, keys: Keys, keyring: Keyring = UNSIGNED) -> None:
        self._client = client
        self._keys = keys
        self._keyring = keyring
        self._claim = Script(client, "claim")

    def claim(self, job: str, allocation: str, epoch: int, nonce: str, pid: int, incarnation: str) -> bool:
        if not nonce:
            raise ValueError(f"the claim of allocation {allocation!r} needs a nonce")
        role = f"job:{job}"
        event = encode(AllocationClaimed(epoch=epoch, allocation=allocation, pid=pid, incarnation=incarnation))
        keys = [self._keys.claims(job), self._keys.epoch(role), self._keys.events(role)]
        sealed = self._keyring.seal("message", self._keys.events(role), event)
        arguments: list[Argument] = [allocation, epoch, nonce, pid, incarnation, sealed]
        return bool(self._claim(keys, arguments))

    def get(self, job: str, allocation: str) -> Claim | None:
        stored = self._client.hget(self._keys.claims(job), allocation)
        return None if stored is None else decode(stored, Claim)
