"""Failover strategy `task` on a real cluster: who is not harmed goes on as he was, and the output is exact."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cluster.local_cluster import LocalCluster, wait_for
from tests.integration.cluster.task_local_job import TaskLocalJob

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]
Start = Callable[..., TaskLocalJob]


@pytest.fixture
def start(ha_cluster: LocalCluster, tmp_path: Path) -> Iterator[Start]:
    made: list[TaskLocalJob] = []

    def job(**changes: Any) -> TaskLocalJob:
        made.append(TaskLocalJob(ha_cluster, tmp_path / f"job{len(made)}", **changes))
        return made[-1]

    yield job
    for one in made:
        one.close()


def kill_a_slot(cluster: LocalCluster) -> None:
    busy = [p["pid"] for p in cluster.processes("slot") if p["jobs"]]
    os.kill(busy[0], signal.SIGKILL)


def said_by_jobmanagers(cluster: LocalCluster, words: str) -> bool:
    return any(words in log.read_text() for log in cluster.folder.rglob("*jobmanager*.log"))


def test_only_the_tasks_of_a_dead_slot_restart(ha_cluster: LocalCluster, start: Start) -> None:
    job = start().running()
    began = job.details()["timestamps"]["RUNNING"]
    kill_a_slot(ha_cluster)
    print(f"recovered in {job.recovered(time.monotonic(), 'the killed slot'):.2f} s")
    attempts = job.attempts()
    places = {subtask for (_, subtask), attempt in attempts.items() if attempt == 1}
    assert len(places) == 1, attempts
    assert all(attempt == (1 if subtask in places else 0) for (_, subtask), attempt in attempts.items()), attempts
    details = job.details()
    assert details["state"] == "RUNNING" and details["timestamps"]["RUNNING"] == began
    assert details["timestamps"]["RESTARTING"] == 0
    assert job.metric("numLocalRestarts") == 1 and job.metric("numRestarts") == 1
    job.finished_exactly()


def test_slots_die_in_turn_while_user_code_raises(ha_cluster: LocalCluster, start: Start) -> None:
    job = start(count=9000, raises=[1000, 3000, 5000, 7000]).running()
    choice = random.Random(5)
    for number in range(1, 4):
        time.sleep(choice.uniform(0.0, 0.8))
        busy = [p["pid"] for p in ha_cluster.processes("slot") if p["jobs"]]
        os.kill(choice.choice(busy), signal.SIGKILL)
        wait_for(lambda n=number: job.metric("numLocalRestarts") >= n and job.all_run(), 90, "the restart")  # type: ignore[misc]
    job.finished_exactly()
    assert job.details()["timestamps"]["RESTARTING"] == 0
    assert job.metric("numLocalRestarts") >= 3 + 1
    print(f"{job.metric('numLocalRestarts')} restarts: {sorted(job.attempts().values())}")


def test_only_the_task_whose_code_raised_restarts(ha_cluster: LocalCluster, start: Start) -> None:
    job = start(raises=[1500, 2500, 4000])
    job.finished_exactly()
    attempts = job.attempts()
    restarted = {name for (name, _), attempt in attempts.items() if attempt}
    assert len(restarted) == 1 and "left" in restarted.pop(), attempts
    assert sum(attempts.values()) == 3 == job.metric("numLocalRestarts")


def test_a_jobmanager_dies_in_the_middle_of_it(ha_cluster: LocalCluster, start: Start) -> None:
    """The failure is known, its restart is due two seconds later: another JobManager restarts the task then."""

    job = start(raises=[2000], delay="2 s")
    wait_for(lambda: any(state == "FAILED" for _, state in job.subtasks().values()), 90, "the failure")
    (leader,) = [p["pid"] for p in ha_cluster.processes("jobmanager") if job.id in p["jobs"]]
    os.kill(leader, signal.SIGKILL)
    job.finished_exactly()
    attempts = job.attempts()
    assert sorted(attempts.values())[-2:] == [0, 1], attempts
    assert job.metric("numLocalRestarts") == 1


def test_what_cannot_be_replayed_restarts_all_and_says_why(ha_cluster: LocalCluster, start: Start) -> None:
    job = start(declares=False).running()
    kill_a_slot(ha_cluster)
    job.recovered(time.monotonic(), "the killed slot")
    assert set(job.attempts().values()) == {1}
    assert job.metric("numLocalRestarts") == 0
    job.finished_exactly()
    assert said_by_jobmanagers(ha_cluster, "not declared deterministic: ")
    assert said_by_jobmanagers(ha_cluster, "cannot be replayed")


def test_logs_that_are_full_while_checkpoints_fail(ha_cluster: LocalCluster, start: Start, tmp_path: Path) -> None:
    """The job goes on, a failure restarts all; once a checkpoint is complete, a failure restarts one slot's tasks."""
    storage, aside = tmp_path / "chk", tmp_path / "aside"
    small = ("-D", f"execution.checkpointing.dir={storage}", "-D", "penstock.failover.retained-size=32 kb")
    job = start(options=small, count=12000, rate=800).running()
    storage.rename(aside)
    storage.write_text("not a folder")
    wait_for(lambda: said_by_jobmanagers(ha_cluster, "they are trimmed, and until"), 90, "retention to be given up")
    storage.unlink()
    shutil.move(aside, storage)
    before = job.cluster.get(f"/jobs/{job.id}/checkpoints")["counts"]["completed"]
    job.running(before + 2)
    assert set(job.attempts().values()) == {0}
    kill_a_slot(ha_cluster)
    job.recovered(time.monotonic(), "the killed slot")
    assert sorted(set(job.attempts().values())) == [0, 1]
    job.finished_exactly()
