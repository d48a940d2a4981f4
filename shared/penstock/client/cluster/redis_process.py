"""The Redis processes of a local cluster: how they are run, and when they answer."""

from pathlib import Path

import redis

from penstock.client.cluster.errors import ClusterError
from penstock.client.cluster.secrets import write_private
from penstock.coordination.connection import connect

COORDINATION = "redis"
EXCHANGE = "redis-exchange"


def redis_command(executable: Path, name: str, port: int, data: Path, password: str | None = None) -> list[str]:
    """Coordination is durable to the last write; the exchange keeps nothing over a restart. The password goes by a
    file: command lines can be read."""
    data.mkdir(parents=True, exist_ok=True)
    durable = name == COORDINATION
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": data,
        "appendonly": "yes" if durable else "no",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    configuration = data / "redis.conf"
    write_private(configuration, f"requirepass {password}\n".encode() if password else b"")
    return [
        str(executable),
        str(configuration),
        *(text for key, value in options.items() for text in (f"--{key}", str(value))),
    ]


def is_ready(url: str) -> bool:
    """Whether the Redis answers, its data loaded. ClusterError: it refuses us."""
    try:
        with connect(url, timeout=2.0, blocking=False) as client:
            return bool(client.ping())
    except redis.AuthenticationError as error:
        raise ClusterError(f"Redis at {_shown(url)} refuses: {error}; put the password into its URL") from None
    except (redis.ConnectionError, redis.TimeoutError):
        return False


def check_external(url: str, option: str) -> None:
    """ClusterError unless a Redis of 6.2 or later answers at the URL that `option` gave."""
    try:
        ready = is_ready(url)
    except ValueError as error:
        raise ClusterError(f"{option} {_shown(url)}: {error}") from None
    if not ready:
        raise ClusterError(f"{option}: no Redis answers at {_shown(url)}; is it up, and the address right?")
    with connect(url, timeout=2.0, blocking=False) as client:
        version = str(client.info("server")["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
        raise ClusterError(f"{option}: the Redis at {_shown(url)} is {version}; 6.2 is the oldest that will do")


def _shown(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else url
