"""jobmanagers that die, leave, start before Redis, and outlive it."""

import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from tests.conftest import RedisServer
from tests.integration.jobmanager.processes import JobManagerProcess, Processes

pytestmark = pytest.mark.integration


@pytest.fixture
def processes(redis_server: RedisServer, prefix: str, tmp_path: Path) -> Iterator[Processes]:
    made = Processes(redis_server.url, prefix, tmp_path)
    yield made
    made.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lead_with_two(processes: Processes) -> tuple[str, str, str]:
    """(job, its leader, the other) of a running job."""
    processes.start("jm-1")
    processes.start("jm-2")
    processes.until(lambda: processes.service("jm-1") and processes.service("jm-2"), "both are there")
    job = processes.submit()
    processes.until(lambda: processes.running(job) and processes.leader(job), "the job runs and is led")
    leader = processes.leader(job)
    assert leader is not None
    return job, leader, "jm-2" if leader == "jm-1" else "jm-1"


def test_the_leader_is_killed_and_the_other_continues_without_a_restart(processes: Processes) -> None:
    job, leader, other = lead_with_two(processes)
    before = processes.executions(job)
    processes.managers[leader].stop(signal.SIGKILL)
    # what happens while nobody leads is waiting for the successor
    processes.cluster.finish_all()
    processes.until(lambda: processes.leader(job) == other or processes.coordination.submissions.tombstone(job), "led")
    assert processes.until_over(job).state == "FINISHED"
    after = processes.record(job)
    assert after.job.takeovers == 1
    assert [(e.attempt, e.epoch, e.allocation) for e in after.executions.values()] == [
        (e.attempt, e.epoch, e.allocation) for e in before
    ]
    assert len(processes.cluster.deploys) == 2


def test_a_leader_that_leaves_gives_its_jobs_over(processes: Processes) -> None:
    job, leader, other = lead_with_two(processes)
    assert processes.managers[leader].stop(signal.SIGTERM) == 0
    assert processes.service(leader) is None
    processes.until(lambda: processes.leader(job) == other, "the other leads")
    assert processes.running(job) and len(processes.cluster.deploys) == 2
    processes.cluster.finish_all()
    assert processes.until_over(job).state == "FINISHED"


def test_one_that_is_paused_past_its_lease_does_no_harm_afterwards(processes: Processes) -> None:
    job, leader, other = lead_with_two(processes)
    process = processes.managers[leader].process
    process.send_signal(signal.SIGSTOP)
    try:
        processes.until(lambda: processes.record(job).job.takeovers == 1, "the other leads", seconds=40)
    finally:
        process.send_signal(signal.SIGCONT)
    processes.until(lambda: processes.leader(job) == other, "only the other says so")
    processes.cluster.finish_all()
    assert processes.until_over(job).state == "FINISHED"
    assert process.poll() is None


def test_it_starts_before_redis_and_outlives_it(
    start_redis: Callable[..., RedisServer], prefix: str, tmp_path: Path
) -> None:
    server = start_redis(persistent=True)
    processes = Processes(server.url, prefix, tmp_path)
    try:
        server.stop()
        manager = processes.start("jm-1")
        processes.until(lambda: "redis" in manager.log.read_text().lower(), "it says what it waits for")
        server.start()
        job = processes.submit()
        processes.until(lambda: processes.running(job), "all tasks run")
        server.restart(kill=True)
        processes.until(lambda: processes.service("jm-1"), "it is back")
        processes.cluster.finish_all()
        assert processes.until_over(job).state == "FINISHED"
        assert len(processes.cluster.deploys) == 2
        assert manager.process.poll() is None
    finally:
        processes.close()


def test_it_leaves_cleanly_though_redis_never_came(prefix: str, tmp_path: Path) -> None:
    manager = JobManagerProcess(f"redis://127.0.0.1:{free_port()}/0", prefix, "jm-1", tmp_path)
    try:
        deadline = time.monotonic() + 30
        while "redis is away" not in manager.log.read_text():
            assert time.monotonic() < deadline and manager.process.poll() is None, manager.log.read_text()
            time.sleep(0.02)
        assert manager.stop() == 0, manager.log.read_text()
        assert "Traceback" not in manager.log.read_text()
    finally:
        manager.stop(signal.SIGKILL)


def test_health_and_log(processes: Processes) -> None:
    port = free_port()
    manager = processes.start("jm-1", **{"penstock.health.port": str(port)})
    processes.until(lambda: processes.service("jm-1"), "it is there")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
        assert orjson.loads(answer.read()) == {"status": "ok"}
    info = processes.service("jm-1")
    assert (
        info is not None
        and info.pid == manager.process.pid
        and info.memory > 1_000_000
        and info.service == "jobmanager"
    )
    job = processes.submit(1)
    processes.until(lambda: processes.running(job), "all tasks run")
    assert manager.stop() == 0
    lines = [orjson.loads(line) for line in manager.log.read_text().splitlines()]
    assert {line["service"] for line in lines} == {"jobmanager"}
    said = [line for line in lines if line.get("event") == "execution" and line["state"] == "RUNNING"]
    assert {(line["job"], line["execution"], line["attempt"]) for line in said} == {
        (job, "Source (1/1)", 0),
        (job, "Flat Map (1/1)", 0),
    }
