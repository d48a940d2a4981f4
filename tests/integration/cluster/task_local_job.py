"""The job of tests/chaos/exactly_once with failover strategy `task`, under way on a cluster, and its output."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.chaos.exactly_once import program
from tests.chaos.exactly_once.oracle import expected
from tests.chaos.exactly_once.runs import settings_of
from tests.integration.cluster.local_cluster import LocalCluster, wait_for
from tests.integration.cluster.oracle import lines_written

PROGRAM = Path(program.__file__)


class TaskLocalJob:
    """Sources, shuffles by key, windows, a join, file sinks; parallelism 2 in two slots, unless said otherwise."""

    def __init__(self, cluster: LocalCluster, folder: Path, *, options: tuple[str, ...] = (), **changes: Any) -> None:
        """`options`: of `penstock run`; `changes`: of the program's settings."""
        self.cluster, self.folder = cluster, folder
        (folder / "marks").mkdir(parents=True)
        self.settings = settings_of(0, random.Random(0), folder, "", "task") | {
            "count": 6000, "rate": 600, "keys": 13, "interval": 300, "raises": [], "backend": "hashmap",
            "unaligned": None, "slow": 0, **changes,
        }  # fmt: skip
        (folder / "settings.json").write_text(json.dumps(self.settings))
        command = [sys.executable, "-m", "penstock", "run", "-m", cluster.addresses, "-p", "2", *options]
        command += [str(PROGRAM), str(folder / "settings.json")]
        environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[3])}
        self._said = folder / "said"
        with self._said.open("w") as said:
            self.client = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder, env=environment)
        words = wait_for(lambda: self._said.read_text().split()[:2][1:], 60, "the job to be submitted")
        self.id = words[0]

    def details(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cluster.get(f"/jobs/{self.id}")
        return found

    def running(self, checkpoints: int = 2) -> "TaskLocalJob":
        """Wait until it is well under way."""

        def under_way() -> bool:
            counts = self.cluster.get(f"/jobs/{self.id}/checkpoints")["counts"]
            return counts["completed"] >= checkpoints and self.all_run()

        wait_for(under_way, 90, f"checkpoints of job {self.id}: {self._said.read_text()}")
        return self

    def subtasks(self) -> dict[tuple[str, int], tuple[int, str]]:
        """(vertex, subtask) -> attempt, state."""
        return {
            (vertex["name"], s["subtask"]): (s["attempt"], s["status"])
            for vertex in self.details()["vertices"]
            for s in self.cluster.get(f"/jobs/{self.id}/vertices/{vertex['id']}").get("subtasks", ())
        }

    def all_run(self) -> bool:
        return {state for _, state in self.subtasks().values()} == {"RUNNING"}

    def attempts(self) -> dict[tuple[str, int], int]:
        return {subtask: attempt for subtask, (attempt, _) in self.subtasks().items()}

    def metric(self, name: str) -> int:
        (found,) = self.cluster.get(f"/jobs/{self.id}/metrics?get={name}")
        return int(found["value"])

    def recovered(self, since: float, what: str) -> float:
        """Wait until a task has another attempt and all run again; seconds since then."""
        wait_for(lambda: max(self.attempts().values()) > 0 and self.all_run(), 90, what)
        return time.monotonic() - since

    def finished_exactly(self, seconds: float = 120) -> None:
        try:
            status = self.client.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"job {self.id} goes on: {self.details()}") from None
        assert status == 0, self._said.read_text()
        for name, lines in expected(self.settings["count"], self.settings["keys"]).items():
            found = Counter(lines_written(Path(self.settings["out"]) / name))
            assert found == lines, (
                f"{name}: lost {(lines - found).most_common(5)}, doubled {(found - lines).most_common(5)}"
            )

    def close(self) -> None:
        if self.client.poll() is None:
            self.client.kill()
            self.client.wait()
