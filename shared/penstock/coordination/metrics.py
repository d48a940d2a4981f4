"""Subtasks' counters over Redis."""

from collections.abc import Mapping
from typing import Any

import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import decode, encode
from penstock.coordination.rows import SubtaskMetrics
from penstock.coordination.scripts import Argument, Script


class RedisMetrics:
    """See `parts.Metrics`."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys
        self._put = Script(client, "metrics")

    def put(self, job: str, vertex: str, subtask: int, metrics: SubtaskMetrics) -> None:
        self.put_all(job, {(vertex, subtask): metrics})

    def put_all(self, job: str, metrics: Mapping[tuple[str, int], SubtaskMetrics], kept: int = 0) -> None:
        arguments: list[Argument] = [kept]
        for (vertex, subtask), row in metrics.items():
            arguments += [f"{vertex}:{subtask}", row.attempt, encode(row)]
        if metrics:
            self._put([self._keys.metrics(job), self._keys.earlier_metrics(job)], arguments)

    def all(self, job: str) -> dict[tuple[str, int], SubtaskMetrics]:
        return newest_metrics(self._rows(self._keys.metrics(job)))

    def earlier(self, job: str) -> dict[tuple[str, int], tuple[SubtaskMetrics, ...]]:
        return earlier_metrics(self._rows(self._keys.earlier_metrics(job)))

    def _rows(self, key: str) -> dict[str, bytes]:
        return {name.decode(): row for name, row in self._client.hgetall(key).items()}


def newest_metrics(rows: Mapping[str, bytes]) -> dict[tuple[str, int], SubtaskMetrics]:
    """Out of the hash of `Keys.metrics`."""
    return {_subtask(name): decode(row, SubtaskMetrics) for name, row in sorted(rows.items())}


def earlier_metrics(rows: Mapping[str, bytes]) -> dict[tuple[str, int], tuple[SubtaskMetrics, ...]]:
    """Out of the hash of `Keys.earlier_metrics`."""
    return {
        _subtask(name): tuple(decode(line, SubtaskMetrics) for line in lines.splitlines())
        for name, lines in sorted(rows.items())
    }


def _subtask(name: str) -> tuple[str, int]:
    vertex, _, subtask = name.rpartition(":")
    return vertex, int(subtask)
