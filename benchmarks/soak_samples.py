"""What a soak watches: memory of each process, lengths of the Redis streams, at the same moments."""

import time
from dataclasses import dataclass
from typing import Any

import redis

from benchmarks.cluster import Cluster
from benchmarks.procfs import memory_of, tree

SNAPSHOT = "forked for a snapshot"
_CHILDREN = {"taskmanager": "slot", "jobmanager": "lease renewer", "resourcemanager": "lease renewer"}


@dataclass(frozen=True, slots=True)
class Sample:
    """`time`: Unix. `memory`: resident bytes by process; of those that come and go, forked for a snapshot, the largest.
    `streams`: entries of the longest, by Redis."""

    time: float
    memory: dict[str, int]
    streams: dict[str, int]


class Sampler:
    def __init__(self, cluster: Cluster) -> None:
        status = cluster.status
        self._services = {p["pid"]: _name_of(p) for p in status["processes"] if p["service"] != "slot"}
        urls = {"coordination": status["redis"], "exchange": status["exchange"][0]}
        self._clients = {name: redis.Redis.from_url(url) for name, url in urls.items()}

    def sample(self) -> Sample:
        memory: dict[str, int] = {}
        for use in tree(self._services):
            name = self._services.get(use.pid) or _CHILDREN.get(self._services.get(use.parent, ""))
            process = SNAPSHOT if name is None else f"{name} {use.pid}"
            try:
                memory[process] = max(memory_of(use.pid).resident, memory.get(process, 0))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # it has just ended
        return Sample(time.time(), memory, {name: _longest(client) for name, client in self._clients.items()})

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def _longest(client: Any) -> int:
    return max((client.xlen(key) for key in client.scan_iter(count=1000, _type="stream")), default=0)


def _name_of(process: dict[str, Any]) -> str:
    return str(process["id"] if process["service"] == "redis" else process["service"])
