"""A cluster of local processes of its own, ended with the `with` block."""

import json
import re
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import redis

from benchmarks.command import PENSTOCK, Taken, run
from benchmarks.procfs import cpu_of_tree

_SUBMITTED = re.compile(r"\bJob ([0-9a-f]{32}) submitted\b")


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job that finished; `taken.cpu`: of the client and of the whole cluster meanwhile."""

    job: str
    taken: Taken


class Cluster:
    """`start_up`: what `penstock cluster start` took (its own process, not the cluster's)."""

    def __init__(self, folder: Path, taskmanagers: int = 2) -> None:
        self.folder = folder
        size = ["--taskmanagers", str(taskmanagers), "--slots", "2"]
        self.start_up = run([*PENSTOCK, "cluster", "start", "--dir", str(folder), "--rest-port", "0", *size])
        self.status: dict[str, Any] = self.read_status()

    def read_status(self) -> dict[str, Any]:
        status = run([*PENSTOCK, "cluster", "status", "--dir", str(self.folder), "--json"]).output
        found: dict[str, Any] = json.loads(status)
        return found

    def stop(self) -> None:
        run([*PENSTOCK, "cluster", "stop", "--dir", str(self.folder)])

    @property
    def pids(self) -> list[int]:
        return [process["pid"] for process in self.status["processes"]]

    @property
    def address(self) -> str:
        return str(self.status["rest"][0]).removeprefix("http://")

    def submit(self, parallelism: int, options: Sequence[str], program: Sequence[str]) -> JobRun:
        """`penstock run`, attached. RuntimeError where the job does not finish."""
        before = cpu_of_tree(self.pids)
        taken = run([*PENSTOCK, "run", "-m", self.address, "-p", str(parallelism), *options, *program])
        used = cpu_of_tree(self.pids) - before
        found = _SUBMITTED.search(taken.output)
        if found is None:
            raise RuntimeError(f"`penstock run` named no job:\n{taken.output}")
        return JobRun(found[1], replace(taken, cpu=taken.cpu + used))

    def rest(self, path: str) -> Any:
        """The answer of a REST resource."""
        with urllib.request.urlopen(f"http://{self.address}/v1{path}", timeout=10) as response:
            return json.load(response)

    def redis_memory(self) -> dict[str, int]:
        """Peak bytes of both Redises since they started."""
        urls = {"redis": self.status["redis"], "redis-exchange": self.status["exchange"][0]}
        peaks = {}
        for name, url in urls.items():
            with redis.Redis.from_url(url) as client:
                info: Any = client.info("memory")
                peaks[name] = int(info["used_memory_peak"])
        return peaks


@contextmanager
def new_cluster(taskmanagers: int = 2) -> Iterator[Cluster]:
    """TaskManagers of two slots, any free ports."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    try:
        cluster = Cluster(folder / "cluster", taskmanagers)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)
