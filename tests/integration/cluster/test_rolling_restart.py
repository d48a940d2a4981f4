"""Every service is restarted, one at a time, under a job that takes checkpoints: it finishes, with exact output."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.faults import AT_LENGTH, PacedJob, end, whole_again
from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]
#: a restart strategy that allows for no failure: being told to leave is none
OPTIONS = (
    "-D",
    "execution.checkpointing.interval=500 ms",
    "-D",
    "restart-strategy.type=fixed-delay",
    "-D",
    "restart-strategy.fixed-delay.attempts=0",
)
SERVICES = ("taskmanager", "jobmanager", "resourcemanager", "dispatcher")


@pytest.fixture
def rolling(tmp_path: Path) -> Iterator[LocalCluster]:
    """With slots to spare for the tasks of one TaskManager."""
    made = LocalCluster(tmp_path / "dir", *TWO_OF_EACH, "--taskmanagers", "3")
    yield made
    made.stop()


@pytest.mark.parametrize(("rounds", "seconds"), [(1, 40), pytest.param(3, 160, marks=AT_LENGTH)])
def test_every_service_is_restarted_under_a_job(
    rolling: LocalCluster, tmp_path: Path, rounds: int, seconds: float
) -> None:
    job = PacedJob(rolling, tmp_path / "job", seconds, options=OPTIONS)
    restarted: list[str] = []
    try:
        job.running()
        for number in range(rounds):
            for service in SERVICES:
                if job.client.poll() is not None:
                    break
                processes = sorted(rolling.processes(service), key=lambda process: process["id"])
                # the one that has something to hand over
                busy = [p for p in processes if job.id in p["jobs"] or p["state"] == "LEADING"]
                chosen = (busy or processes)[0] if service != "taskmanager" else processes[number]
                took = end(chosen["pid"], signal.SIGTERM, 30)
                rolling.start()
                restarted.append(service)
                print(f"{chosen['id']} left within {took:.1f} s")
        assert job.ended(seconds + 120) == 0, job.said()
        assert restarted[: len(SERVICES)] == list(SERVICES), "all of them while it ran"
        assert max(job.attempts()) >= 1, "its TaskManager was among them"
        job.check_output()
        whole_again(rolling, 6)
    finally:
        job.close()
