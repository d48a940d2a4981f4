"""A coordination Redis behind Sentinels: `redis+sentinel://[user:password@]host:port,host:port/service[/db]`.

The user and password are the Redis'. The Sentinels' own: `sentinel_username`, `sentinel_password` as query parameters.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

SCHEME = "redis+sentinel"
_PORT = 26379


@dataclass(frozen=True, slots=True)
class SentinelUrl:
    """Who to ask, and for what."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    db: int = 0
    username: str | None = None
    password: str | None = None
    sentinel_options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: str) -> "SentinelUrl":
        """ValueError says what is wrong with it."""
        form = f"{SCHEME}://[user:password@]host:port,host:port/service[/db]"
        parts = urlsplit(url)
        credentials, _, hosts = parts.netloc.rpartition("@")
        username, _, password = credentials.partition(":")
        service, _, db = parts.path.strip("/").partition("/")
        if parts.scheme != SCHEME or not service or not hosts:
            raise ValueError(f"{_hidden(url)!r} is not of the form {form}")
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := sorted(options.keys() - {"sentinel_username", "sentinel_password"}):
            raise ValueError(f"{_hidden(url)!r}: unknown parameter {unknown[0]!r}")
        try:
            return cls(
                sentinels=tuple(_address(host) for host in hosts.split(",")),
                service=unquote(service),
                db=int(db or 0),
                username=unquote(username) or None,
                password=unquote(password) or None,
                sentinel_options=tuple((name.removeprefix("sentinel_"), value) for name, value in options.items()),
            )
        except ValueError as error:
            raise ValueError(f"{_hidden(url)!r} is not of the form {form}: {error}") from None

    def connection_options(self) -> dict[str, Any]:
        """Of the clients of the Redis itself."""
        given = {"username": self.username, "password": self.password}
        return {"db": self.db, **{name: value for name, value in given.items() if value is not None}}

    def broker_url(self) -> str:
        """As Celery's sentinel transport has it: each Sentinel a URL, with the Redis' database and password."""
        credentials = ""
        if self.password is not None:
            credentials = f"{quote(self.username or '', safe='')}:{quote(self.password, safe='')}@"
        return ";".join(f"sentinel://{credentials}{host}:{port}/{self.db}" for host, port in self.sentinels)


def is_sentinel(url: str) -> bool:
    """Whether the URL names Sentinels."""
    return url.startswith(f"{SCHEME}://")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.strip().rpartition(":") if ":" in text else (text.strip(), "", str(_PORT))
    if not host:
        raise ValueError(f"{text!r} has no host")
    return host.strip("[]"), int(port)


def _hidden(url: str) -> str:
    scheme, found, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else url
