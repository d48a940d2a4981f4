"""The highest resident set of every process of a cluster, watched while something runs: slot processes come and go."""

import threading
from collections import defaultdict
from types import TracebackType
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.procfs import tree

_INTERVAL = 0.1  #: seconds; the kernel keeps the peak itself, only a process's last moments can be missed
#: what the processes are that a service has made
_CHILDREN = {"taskmanager": "slot", "jobmanager": "lease renewer", "resourcemanager": "lease renewer"}


class PeakMemory:
    """Use it as a context manager; ask `by_service` afterwards."""

    def __init__(self, cluster: Cluster) -> None:
        self._service = {p["pid"]: _service_of(p) for p in cluster.status["processes"] if p["service"] != "slot"}
        self._peaks: dict[tuple[str, int], int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def by_service(self) -> dict[str, dict[str, float]]:
        """MiB, of the largest process and the smallest. `processes`: all that were seen, successors of slots too."""
        peaks: dict[str, list[float]] = defaultdict(list)
        for (name, _), peak in self._peaks.items():
            peaks[name].append(peak / 2**20)
        return {
            name: {"processes": len(sizes), "largest": round(max(sizes), 1), "smallest": round(min(sizes), 1)}
            for name, sizes in sorted(peaks.items())
        }

    def _watch(self) -> None:
        while True:
            for use in tree(self._service):
                name = self._service.get(use.pid) or _CHILDREN.get(self._service.get(use.parent, ""), "other")
                key = (name, use.pid)
                self._peaks[key] = max(use.peak, self._peaks.get(key, 0))
            if self._ended.wait(_INTERVAL):
                return


def _service_of(process: dict[str, Any]) -> str:
    return str(process["id"] if process["service"] == "redis" else process["service"])
