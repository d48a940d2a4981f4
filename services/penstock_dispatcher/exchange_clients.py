"""ExchangeClients: one client for each exchange Redis that jobs were deployed with."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import redis

from penstock.coordination.connection import connect


class ExchangeClients:
    """Thread-safe. `urls`: completes an address with what jobs are not told; `options`: of `connect`. `close` (or
    `with`) closes them."""

    def __init__(self, urls: Callable[[str], str], **options: Any) -> None:
        self._urls, self._options = urls, options
        self._lock = threading.Lock()
        self._clients: dict[str, redis.Redis] = {}

    def client(self, url: str) -> redis.Redis:
        """Made when it is asked for the first time."""
        with self._lock:
            if url not in self._clients:
                self._clients[url] = connect(self._urls(url), **self._options)
            return self._clients[url]

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
