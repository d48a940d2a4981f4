"""ExchangeCollecting: `Collecting` over the exchange Redises that a job was deployed with."""

import threading
from collections.abc import Callable
from types import TracebackType

import redis

from penstock.coordination.connection import connect
from penstock.coordination.keys import Keys
from penstock.coordination.rows import JobRow
from penstock.exchange.collect_log import CollectEntry
from penstock.exchange.collect_reader import CollectReader
from penstock.exchange.collect_writer import collect_exchange
from penstock.security.keyring import UNSIGNED, Keyring


class ExchangeCollecting:
    """Thread-safe. Holds one client for each exchange Redis it has met. `close` (or `with`) closes them."""

    def __init__(self, keys: Keys, keyring: Keyring = UNSIGNED, urls: Callable[[str], str] = str) -> None:
        self._keys, self._keyring, self._urls = keys, keyring, urls
        self._lock = threading.Lock()
        self._clients: dict[str, redis.Redis] = {}

    def read(self, job: JobRow, collect_id: str, after: str) -> tuple[list[CollectEntry], str]:
        """See `Collecting`. A job that has no exchange yet has collected nothing yet."""
        if not job.exchange:
            return [], after
        url = job.exchange[collect_exchange(job.job, collect_id, len(job.exchange))].url
        return CollectReader(self._client(url), self._keys, job.job, collect_id, self._keyring).read(after)

    def _client(self, url: str) -> redis.Redis:
        with self._lock:
            if url not in self._clients:
                self._clients[url] = connect(self._urls(url))
            return self._clients[url]

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def __enter__(self) -> "ExchangeCollecting":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
