"""The Redis that a source or sink talks to: its address, its clients, and errors that name it."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from penstock.coordination.connection import connect, is_away
from penstock.datastream.connectors.redis.entry_id import entry_id
from penstock.datastream.connectors.redis.split import StreamState


def client_of(url: str) -> redis.Redis:
    """A client that connects when it is used and never retries by itself. ValueError for a URL that is none."""
    return connect(url)


def check_url(url: str) -> str:
    """ValueError names a URL of another kind."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(f"a Redis URL is needed, such as redis://localhost:6379/0, not {url!r}")
    with client_of(url):
        return url


def address(url: str) -> str:
    """Where it is, without user and password."""
    with client_of(url) as client:
        settings = client.connection_pool.connection_kwargs
    return str(settings.get("path") or f"{settings.get('host', 'localhost')}:{settings.get('port', 6379)}")


@contextmanager
def named(url: str, what: str, patience: float = 0.0) -> Iterator[None]:
    """Errors of Redis say where and what; those that may pass, after `patience` s, are ConnectionErrors."""
    try:
        yield
    except redis.RedisError as e:
        passes = is_away(e)
        tried = f" (tried for {patience:g} s)" if passes and patience else ""
        kind = ConnectionError if passes else RuntimeError
        raise kind(f"Redis at {address(url)}: {what}{tried}: {e}") from e


def state_of(client: redis.Redis, key: str) -> StreamState | None:
    """None where there is no such stream."""
    try:
        return parse_state(client.xinfo_stream(key))
    except redis.ResponseError as e:
        return parse_state(e)


def parse_state(reply: object) -> StreamState | None:
    """Of XINFO STREAM, as a pipeline gives it: its error stands for no stream. Raises any other error."""
    if isinstance(reply, redis.ResponseError) and "no such key" in str(reply):
        return None
    if isinstance(reply, Exception):
        raise reply
    assert isinstance(reply, dict)
    first = reply["first-entry"]
    return StreamState(
        None if not first else entry_id(first[0]),
        entry_id(reply["last-generated-id"]),
        reply["length"],
        reply.get("entries-added"),
    )
