"""The check value of the cluster secret, over Redis."""

from collections.abc import Collection

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.scripts import Script


class RedisSecret:
    """See `parts.Secret`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys = keys
        self._keep = Script(client, "secret")

    def keep(self, check: str, replaced: Collection[str] = ()) -> str:
        return bytes(self._keep([self._keys.secret()], [check, *replaced])).decode(errors="replace")
