"""How large the input logs of a job are: entries and bytes of each subtask's stream."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.rows import JobRow
from penstock.exchange.log_admin import input_logs
from penstock.graph.job_graph import JobGraph
from penstock_dispatcher.exchange_clients import ExchangeClients

#: seconds; nobody waits longer for a figure that is only shown
_PATIENCE = 1.0

#: (entries, bytes) by (vertex, subtask)
Sizes = Mapping[tuple[str, int], tuple[int, int]]


class LogSizes(Protocol):
    """Where they come from."""

    def of(self, row: JobRow, graph: JobGraph) -> Sizes:
        """Logs whose exchange Redis is away are left out. Bytes are an estimate by Redis."""


class NoLogSizes:
    """Where there is no exchange."""

    def of(self, row: JobRow, graph: JobGraph) -> Sizes:
        return {}


class ExchangeLogSizes(ExchangeClients):
    """Over the exchange Redises that a job was deployed with. Thread-safe."""

    def __init__(self, keys: Keys, urls: Callable[[str], str] = str) -> None:
        super().__init__(urls, timeout=_PATIENCE, blocking=False)
        self._keys = keys

    def of(self, row: JobRow, graph: JobGraph) -> Sizes:
        found: dict[tuple[str, int], tuple[int, int]] = {}
        if not row.exchange or row.state.is_terminal:
            return found
        logs = list(input_logs(graph, row.generation, len(row.exchange)))
        for number, exchange in enumerate(row.exchange):
            wanted = [(vertex, subtask) for n, vertex, subtask in logs if n == number]
            try:
                found |= dict(zip(wanted, self._ask(exchange.url, row, wanted), strict=True))
            except redis.RedisError:
                continue
        return found

    def _ask(self, url: str, row: JobRow, wanted: list[tuple[str, int]]) -> list[tuple[int, int]]:
        with self.client(url).pipeline(transaction=False) as asked:
            for vertex, subtask in wanted:
                key = self._keys.input_log(row.job, row.generation, vertex, subtask)
                asked.xlen(key)
                asked.memory_usage(key)
            answers: list[Any] = asked.execute()
        return [(int(answers[n]), int(answers[n + 1] or 0)) for n in range(0, len(answers), 2)]
