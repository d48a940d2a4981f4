"""TaskManagers that the ResourceManager starts itself: on demand, whoever of it dies meanwhile, and gone when idle."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cluster.faults import PacedJob, end, leading_resourcemanager, recovers
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture
def elastic(tmp_path: Path) -> Iterator[LocalCluster]:
    settings = ("resourcemanager.taskmanager-timeout=3 s", "slotmanager.number-of-slots.max=4")
    options = ["--provider", "process", "--taskmanagers", "0", "--resourcemanagers", "2"]
    for setting in settings:
        options += ["-D", setting]
    made = LocalCluster(tmp_path / "dir", *options)
    yield made
    made.stop()


def test_workers_come_and_go_with_the_jobs(elastic: LocalCluster, tmp_path: Path) -> None:
    assert elastic.processes("taskmanager") == [] and elastic.get("/overview")["slots-total"] == 0
    first = PacedJob(elastic, tmp_path / "first", 3)
    second = None
    try:
        # a leader dies while its workers start
        wait_for(lambda: list((elastic.folder / "pids").glob("worker-*")), 60, "a worker to start")
        end(leading_resourcemanager(elastic))
        first.running()
        assert elastic.get("/overview")["slots-total"] == 4 and len(elastic.processes("taskmanager")) == 2
        first.finished_exactly()
        recovers("idle workers are released", lambda: not elastic.processes("taskmanager"), 60)
        recovers("the ledger knows", lambda: elastic.get("/overview")["slots-total"] == 0)
        recovers("no file is left", lambda: not list((elastic.folder / "pids").glob("worker-*")))
        elastic.start()  # the killed one
        second = PacedJob(elastic, tmp_path / "second", 1)
        second.finished_exactly()
    finally:
        first.close()
        if second is not None:
            second.close()
