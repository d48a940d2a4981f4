"""How full the input logs of a job are: entries of each subtask's stream that are not trimmed yet."""

import threading
from collections.abc import Mapping
from typing import Protocol

import redis

from penstock.coordination.connection import connect
from penstock.coordination.keys import Keys
from penstock.coordination.rows import JobRow
from penstock.exchange.log_admin import input_logs
from penstock.graph.job_graph import JobGraph

#: an empty log holds the entry it was made with
_MADE_WITH = 1
#: seconds; nobody waits longer for a figure that is only shown
_PATIENCE = 1.0


class LogDepths(Protocol):
    """Entries by (vertex, subtask)."""

    def of(self, row: JobRow, graph: JobGraph) -> Mapping[tuple[str, int], int]:
        """Subtasks whose exchange Redis is away are left out."""


class NoLogDepths:
    """Where there is no exchange."""

    def of(self, row: JobRow, graph: JobGraph) -> Mapping[tuple[str, int], int]:
        return {}


class ExchangeLogDepths:
    """Over the exchange Redises that a job was deployed with. Thread-safe. `close` closes its clients."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._clients: dict[str, redis.Redis] = {}

    def of(self, row: JobRow, graph: JobGraph) -> Mapping[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        if not row.exchange or row.state.is_terminal:
            return found
        logs = list(input_logs(graph, row.generation, len(row.exchange)))
        for number, exchange in enumerate(row.exchange):
            wanted = [(vertex, subtask) for n, vertex, subtask in logs if n == number]
            try:
                with self._client(exchange.url).pipeline(transaction=False) as asked:
                    for vertex, subtask in wanted:
                        asked.xlen(self._keys.input_log(row.job, row.generation, vertex, subtask))
                    lengths = asked.execute()
            except redis.RedisError:
                continue
            found.update((log, max(0, length - _MADE_WITH)) for log, length in zip(wanted, lengths, strict=True))
        return found

    def _client(self, url: str) -> redis.Redis:
        with self._lock:
            if url not in self._clients:
                self._clients[url] = connect(url, timeout=_PATIENCE, blocking=False)
            return self._clients[url]

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def __enter__(self) -> "ExchangeLogDepths":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
