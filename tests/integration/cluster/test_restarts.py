"""Jobs with checkpoints go on when slots, TaskManagers and JobManagers die: every update is written exactly once."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.coordination.messages import CheckpointRequested, RescaleRequested
from penstock.testing.crash_points import VARIABLE
from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.faults import AT_LENGTH, PacedJob, at_length, end
from tests.integration.cluster.job_rows import answer_to, checkpoints_completed, record_of, tell
from tests.integration.cluster.local_cluster import LocalCluster, wait_for
from tests.integration.cluster.test_slot_loss import slots_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
Start = Callable[..., PacedJob]
CHECKPOINTED = ("-D", "execution.checkpointing.interval=300 ms")


def under_way(cluster: LocalCluster, paced_job: Start, seconds: float = 8) -> PacedJob:
    job = paced_job(seconds, options=CHECKPOINTED).running()
    checkpoints_completed(cluster, job.id, 2)
    return job


def finished(job: PacedJob, attempt: int) -> None:
    """All tasks were restarted so often, and nothing was lost or written twice."""
    assert job.ended(120) == 0, job.said()
    assert job.attempts() == {attempt}
    job.check_output()


def test_killed_slot_process(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = under_way(ha_cluster, paced_job)
    end(wait_for(lambda: slots_of(ha_cluster, job.id), 10)[0]["pid"])
    finished(job, 1)
    record = record_of(ha_cluster, job.id)
    assert record.counters.restored == 1 and "was lost" in record.failures[0].failure.message


def test_killed_jobmanager_and_slot_process(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = under_way(ha_cluster, paced_job)
    slot = wait_for(lambda: slots_of(ha_cluster, job.id), 10)[0]
    end(next(p["pid"] for p in ha_cluster.processes("jobmanager") if job.id in p["jobs"]))
    end(slot["pid"])
    finished(job, 1)


@at_length
def test_killed_taskmanager(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = under_way(ha_cluster, paced_job)
    end(ha_cluster.processes("taskmanager")[0]["pid"])
    wait_for(lambda: "waiting for" in record_of(ha_cluster, job.id).job.message, 60, "slots to be missing")
    ha_cluster.start()
    finished(job, 1)


@at_length
def test_rescale_down_and_up(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = under_way(ha_cluster, paced_job, 12)
    for parallelism in (2, 3, 1, 4):
        tell(ha_cluster, job.id, RescaleRequested(trigger=f"to {parallelism}", parallelism=parallelism))
        answer = answer_to(ha_cluster, job.id, f"to {parallelism}")
        assert answer.state == "COMPLETED", answer
        time.sleep(0.5)
    assert job.ended(180) == 0, job.said()
    job.check_output()


def test_stop_and_start_from_the_savepoint(ha_cluster: LocalCluster, paced_job: Start, tmp_path: Path) -> None:
    job = under_way(ha_cluster, paced_job, 6)
    folder = str(tmp_path / "savepoints")
    request = CheckpointRequested(trigger="stop", savepoint=True, stop="suspend", directory=folder)
    tell(ha_cluster, job.id, request)
    assert job.ended(60) == 0, job.said()
    answer = answer_to(ha_cluster, job.id, "stop")
    assert answer.state == "COMPLETED" and answer.location is not None
    options = (*CHECKPOINTED, "-D", f"execution.state-recovery.path={answer.location}")
    again = paced_job(6, options=options, out=job.out)
    assert again.ended(120) == 0, again.said()
    again.check_output()
    assert record_of(ha_cluster, again.id).counters.restored_savepoint


POINTS = ("after-metadata", "after-last-ack", "after-completed", "after-pointer")


@pytest.mark.parametrize("point", [POINTS[0], *(pytest.param(point, marks=AT_LENGTH) for point in POINTS[1:])])
def test_jobmanager_dies_in_the_middle_of_a_checkpoint(tmp_path: Path, point: str) -> None:
    reached = tmp_path / "reached"
    cluster = LocalCluster(tmp_path / "dir", *TWO_OF_EACH, environment={VARIABLE: f"{point}:{reached}"})
    try:
        job = PacedJob(cluster, tmp_path / "job", 5, options=CHECKPOINTED)
        try:
            finished(job, 0)
        finally:
            job.close()
        died, *others = reached.read_text().split()
        assert others and died not in others, "it dies once, and its successor comes by the same place"
        record = record_of(cluster, job.id)
        assert record.job.takeovers == 1 and record.counters.failed == 0
        assert record.counters.completed == record.counters.triggered
    finally:
        cluster.stop()
