"""The coordination Redis comes back with what it knew some checkpoints ago: the output is exact all the same."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.faults import PacedJob, end, redis_pid
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path / "dir", *TWO_OF_EACH)
    yield made
    made.stop()


def completed(job: PacedJob) -> int:
    counts = job.cluster.get(f"/jobs/{job.id}/checkpoints")["counts"]
    return int(counts["completed"])


def roll_back(cluster: LocalCluster, copy: Path) -> None:
    """Kill it, put the older append-only file in place, start it again."""
    data = cluster.folder / "data" / "redis"
    end(redis_pid(cluster, "redis"))
    shutil.rmtree(data)
    shutil.copytree(copy, data)
    cluster.start()


def test_older_rows_under_a_running_job_and_under_one_that_has_ended(own_redis: LocalCluster, tmp_path: Path) -> None:
    data = own_redis.folder / "data" / "redis"
    job = PacedJob(own_redis, tmp_path / "job", 25, options=("-D", "execution.checkpointing.interval=300 ms"))
    try:
        job.running()
        wait_for(lambda: completed(job) >= 2, 60, "two checkpoints")
        shutil.copytree(data, tmp_path / "older")
        known = completed(job)
        wait_for(lambda: completed(job) >= known + 3, 60, "three more")
        roll_back(own_redis, tmp_path / "older")
        assert job.ended(180) == 0, f"{job.said()}\n{own_redis.log()}"
        job.check_output()
        assert min(job.attempts()) > 100, "attempts that never were"
        exceptions = str(own_redis.get(f"/jobs/{job.id}/exceptions"))
        assert "came back with older data" in exceptions, exceptions

        # and once more, under a job that has ended: it is not run again
        roll_back(own_redis, tmp_path / "older")
        own_redis.wait_state(job.id, "FINISHED", seconds=90)
        job.check_output()
        assert own_redis.get("/overview")["jobs-finished"] == 1
    finally:
        job.close()
