"""What is done to a running cluster, and a job whose output is known to the last line."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis

from penstock.client.cluster.process_table import find_process
from tests.integration.cluster.local_cluster import LocalCluster, wait_for
from tests.integration.cluster.oracle import lines_written

Test = TypeVar("Test", bound=Callable[..., Any])
#: marks of a scenario that takes too long for every run: `make test-long`
AT_LENGTH = (
    pytest.mark.chaos,
    pytest.mark.skipif(float(os.environ.get("MINUTES", "0")) < 1, reason="takes long: make test-long"),
)
SCRIPT = Path(__file__).with_name("paced_word_count.py")
TEXT = [f"to be or not to be {i % 17} {'x' * (i % 5)} word{i}" for i in range(50)]
PARALLELISM = 4


def at_length(test: Test) -> Test:
    """Mark a test so."""
    for mark in AT_LENGTH:
        test = mark(test)
    return test


class PacedJob:
    """A word count at parallelism 4 under way, followed by an attached client."""

    def __init__(
        self,
        cluster: LocalCluster,
        folder: Path,
        seconds: float,
        *,
        addresses: str = "",
        options: tuple[str, ...] = (),
        out: Path | None = None,
    ) -> None:
        """`seconds`: about how long it runs once it is deployed. `out`: of a job that goes on with another one's."""
        self.cluster, self.folder = cluster, folder
        self.out = out or folder / "out"
        self.lines = max(len(TEXT), int(seconds * PARALLELISM / 0.002))
        folder.mkdir(parents=True)
        (folder / "text").write_text("\n".join(TEXT))
        command = [sys.executable, "-m", "penstock", "run", "-m", addresses or cluster.addresses, "-p", "4", *options]
        command += [str(SCRIPT), str(folder / "text"), str(self.out), str(self.lines), "0.002"]
        self._stdout, self._stderr = folder / "stdout", folder / "stderr"
        with self._stdout.open("wb") as said, self._stderr.open("wb") as err:
            self.client = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=err, cwd=folder)

        def submitted() -> str:
            assert self.client.poll() is None, self.said()
            first = self._stdout.read_text().split(" ")
            return first[1] if len(first) > 2 else ""

        self.id = wait_for(submitted, 30, "the job to be submitted")

    def details(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cluster.get(f"/jobs/{self.id}")
        return found

    def running(self, *, records: int = 200) -> "PacedJob":
        """Wait until it is well under way."""

        def under_way() -> bool:
            details = self.details()
            assert details["state"] in ("INITIALIZING", "CREATED", "RUNNING"), details
            return details["state"] == "RUNNING" and details["vertices"][-1]["metrics"]["read-records"] >= records

        wait_for(under_way, 60, f"records of job {self.id}")
        return self

    def attempts(self) -> set[int]:
        """Of all subtasks."""
        return {
            subtask["attempt"]
            for vertex in self.details()["vertices"]
            for subtask in self.cluster.get(f"/jobs/{self.id}/vertices/{vertex['id']}")["subtasks"]
        }

    def said(self) -> str:
        """By the client."""
        return self._stdout.read_text() + self._stderr.read_text()

    def ended(self, seconds: float = 60) -> int:
        """Wait for the client; its exit status."""
        try:
            return self.client.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"job {self.id} goes on: {self.said()}\n{self.details()}") from None

    def finished_exactly(self, seconds: float = 60) -> None:
        """The client exits 0 for FINISHED, no task was restarted, and every update was written once."""
        status = self.ended(seconds)
        assert status == 0, f"exit status {status}: {self.said()}"
        assert "FINISHED" in self._stdout.read_text().splitlines()[-1]
        assert self.attempts() == {0}
        self.check_output()

    def check_output(self) -> None:
        """One line an update: (word,1) … (word,n), n being what the text says."""
        found = Counter(lines_written(self.out))
        expected = Counter(
            f"({word},{n})" for word, count in expected_words(self.lines).items() for n in range(1, count + 1)
        )
        missing, extra = expected - found, found - expected
        assert found == expected, f"missing: {missing.most_common(5)}, too many: {extra.most_common(5)}"

    def failed(self, seconds: float = 60) -> str:
        """The client exits with an error for FAILED; what it says."""
        assert self.ended(seconds) not in (0, None), self.said()
        assert "FAILED" in self._stdout.read_text().splitlines()[-1], self.said()
        return self._stderr.read_text()

    def close(self) -> None:
        """Leave no client behind."""
        if self.client.poll() is None:
            self.client.kill()
            self.client.wait()


def expected_words(lines: int) -> Counter[str]:
    """Counted from the text alone."""
    counts: Counter[str] = Counter()
    for number, line in enumerate(TEXT):
        times = lines // len(TEXT) + (number < lines % len(TEXT))
        for word in line.split():
            counts[word] += times
    return counts


# -- processes -----------------------------------------------------------------------------------------------------


def leader_of(cluster: LocalCluster, job: str) -> int:
    """The pid of the jobmanager that leads the job."""

    def leading() -> int:
        return next((p["pid"] for p in cluster.processes("jobmanager") if job in p["jobs"]), 0)

    return wait_for(leading, 20, f"a leader of job {job}")


def leading_resourcemanager(cluster: LocalCluster) -> int:
    def leading() -> int:
        found = [p["pid"] for p in cluster.processes("resourcemanager") if p["state"] == "LEADING"]
        return found[0] if len(found) == 1 else 0

    return wait_for(leading, 20, "a leading resourcemanager")


def redis_pid(cluster: LocalCluster, name: str) -> int:
    """Of `redis` or `redis-exchange`."""
    return int(next(p["pid"] for p in cluster.processes("redis") if p["id"] == name))


def is_alive(pid: int) -> bool:
    return find_process(pid) is not None


def end(pid: int, signum: signal.Signals = signal.SIGKILL, seconds: float = 10) -> float:
    """Send the signal and wait until the process is gone; how long it took (s)."""
    begun = time.monotonic()
    os.kill(pid, signum)
    wait_for(lambda: not is_alive(pid), seconds, f"process {pid} to end by {signum.name}")
    return time.monotonic() - begun


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """SIGSTOP, and SIGCONT in the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


# -- Redis ---------------------------------------------------------------------------------------------------------


@contextmanager
def coordination_redis(cluster: LocalCluster) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(cluster.status()["redis"]) as client:
        yield client


@contextmanager
def exchange_redis(cluster: LocalCluster) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(cluster.status()["exchange"][0]) as client:
        yield client


# -- what a cluster must be like again -----------------------------------------------------------------------------


def free_slots(cluster: LocalCluster) -> tuple[int, int]:
    overview = cluster.get("/overview")
    return overview["slots-available"], overview["slots-total"]


def whole_again(cluster: LocalCluster, slots: int = 4, seconds: float = 30) -> float:
    """Wait until all slots are free, and as many slot processes are idle; how long it took (s)."""
    begun = time.monotonic()

    def whole() -> bool:
        idle = [p for p in cluster.processes("slot") if p["state"] == "FREE"]
        return free_slots(cluster) == (slots, slots) and len(idle) == slots

    wait_for(whole, seconds, f"all {slots} slots to be free")
    return time.monotonic() - begun


def recovers(what: str, condition: Callable[[], object], seconds: float = 30) -> float:
    """Wait, and print how long it took."""
    begun = time.monotonic()
    wait_for(condition, seconds, what)
    took = time.monotonic() - begun
    print(f"{what}: {took:.1f} s")
    return took
