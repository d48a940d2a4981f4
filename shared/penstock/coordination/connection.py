"""The one way to a coordination Redis, and what its absence looks like.

No client retries by itself: redis-py's default of ten silent retries may send a write twice. A call that fails because
Redis is away raises one of `AWAY`; whether it got through is then unknown. Each part says which of its calls may
simply be made again (`patience.retrying`).
"""

import re
from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from penstock.coordination.sentinel import SentinelUrl, is_sentinel

#: the longest a blocking read may wait, ms; every client's socket timeout lies above it
MAX_BLOCK_MS = 2000
#: Redis is down, loading, a replica after a failover, or too slow to answer in time
AWAY: tuple[type[redis.RedisError], ...] = (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError)
#: subclasses of ConnectionError that no waiting cures
REFUSED: tuple[type[redis.RedisError], ...] = (redis.AuthenticationError, redis.AuthenticationWrongNumberOfArgsError)
#: a server that is up but can do nothing for now: out of memory, unable to persist, a replica (which ends the blocking
#: reads of the master it was: UNBLOCKED), loading, in a script
_PASSING = "OOM|MISCONF|LOADING|READONLY|MASTERDOWN|NOREPLICAS|TRYAGAIN|BUSY|UNBLOCKED"
#: Redis 6.2 wraps the reason where a script met it: "Error running script (…): @user_script:62: … -OOM command not …"
_CANNOT_NOW = re.compile(rf"(?:{_PASSING}) |Error running script .* -(?:{_PASSING}) ", re.DOTALL)


def connect(
    url: str, *, decode: bool = False, timeout: float = 5.0, blocking: bool = True, name: str | None = None
) -> redis.Redis:
    """A client for `redis://`, `rediss://`, `unix://` or `redis+sentinel://`. Connects lazily; create it after a fork.

    `timeout`: seconds for a connect and for an answer; ValueError where it does not exceed the longest blocking read
    (`blocking=False`: the client makes none). `name`: what its connections are called, for CLIENT LIST.
    """
    if blocking and timeout * 1000 <= MAX_BLOCK_MS:
        raise ValueError(f"timeout {timeout} s must exceed the longest blocking read, {MAX_BLOCK_MS / 1000} s")
    options: dict[str, Any] = {
        "decode_responses": decode,
        "protocol": 2,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "socket_keepalive": True,
        "health_check_interval": 15,
        "retry": Retry(NoBackoff(), 0),
        "client_name": name,
    }
    if is_sentinel(url):
        return _behind_sentinels(SentinelUrl.parse(url), options, timeout)
    return redis.Redis.from_url(url, maint_notifications_config=MaintNotificationsConfig(enabled=False), **options)


def _behind_sentinels(url: SentinelUrl, options: dict[str, Any], timeout: float) -> redis.Redis:
    """Each connection that is made asks the Sentinels who the master is; one that turns out a replica is closed."""
    from redis.sentinel import Sentinel

    patience = min(timeout, 1.0)
    asking: dict[str, Any] = {"socket_timeout": patience, "socket_connect_timeout": patience, "protocol": 2}
    # One whose machine is gone does not even refuse: another may have been made the master meanwhile.
    options["socket_connect_timeout"] = patience
    asking |= {"retry": Retry(NoBackoff(), 0), **dict(url.sentinel_options)}
    sentinel: Any = Sentinel(url.sentinels, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    client: redis.Redis = sentinel.master_for(url.service, **options, **url.connection_options())
    return client


def is_away(error: BaseException) -> bool:
    """Whether waiting may cure it: Redis is away, or can do nothing for now; not: it refuses us."""
    if isinstance(error, AWAY):
        return not isinstance(error, REFUSED)
    if isinstance(error, redis.exceptions.OutOfMemoryError):
        return True
    return isinstance(error, redis.ResponseError) and _CANNOT_NOW.match(str(error)) is not None


_NO_WRITES = ("READONLY", "UNBLOCKED", "MISCONF", "NOREPLICAS", "MASTERDOWN")


def absence(error: BaseException) -> str:
    """What is the matter, of an error that `is_away`; the error itself has the details."""
    text = str(error)
    if isinstance(error, redis.BusyLoadingError) or _says(text, "LOADING"):
        return "Redis is loading its data"
    if isinstance(error, redis.exceptions.OutOfMemoryError) or _says(text, "OOM"):
        return "Redis is out of memory and takes no writes"
    if isinstance(error, redis.ReadOnlyError) or _says(text, *_NO_WRITES):
        return "Redis takes no writes"
    return "Redis is away"


def _says(text: str, *reasons: str) -> bool:
    """Also where a script met it."""
    return any(text.startswith(f"{reason} ") or f" -{reason} " in text for reason in reasons)


def wait_for_redis(url: str, *, give_up_after: float | None = None, stop: Callable[[], bool] = lambda: False) -> None:
    """Return once Redis answers PING, its data loaded. Raises as `retrying` does, and at once for a wrong password."""
    # Late: the lease renewer imports this module and has to stay small.
    from penstock.coordination.patience import retrying

    with connect(url) as client:
        retrying(f"connect to {_without_password(url)}", give_up_after=give_up_after, stop=stop)(client.ping)


def _without_password(url: str) -> str:
    scheme, found, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}" if found else url
