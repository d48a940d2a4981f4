"""Redises that are up and can do nothing for a while, under a job with checkpoints: it waits, and nothing is lost.

Out of memory, a demoted master (READONLY), at a standstill, loading its data (LOADING): coordination and exchange.
"""

import hashlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from penstock.client.cluster.redis_binary import find_redis
from penstock.client.cluster.redis_process import redis_command
from tests.integration.cluster.faults import (
    AT_LENGTH,
    PacedJob,
    at_length,
    coordination_redis,
    end,
    exchange_redis,
    redis_pid,
    stopped,
    whole_again,
)
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
Start = Callable[..., PacedJob]
Condition = Callable[[LocalCluster, str], "object"]

#: s; longer than the heartbeat's timeout and the leases
LONG = 5.0


@contextmanager
def client_of(cluster: LocalCluster, name: str) -> Iterator[redis.Redis]:
    with (coordination_redis if name == "redis" else exchange_redis)(cluster) as client:
        yield client


@contextmanager
def out_of_memory(cluster: LocalCluster, name: str) -> Iterator[None]:
    with client_of(cluster, name) as client:
        client.config_set("maxmemory", "1")
        try:
            yield
        finally:
            client.config_set("maxmemory", "0")


@contextmanager
def demoted(cluster: LocalCluster, name: str) -> Iterator[None]:
    """A replica of nobody: what it has can be read."""
    with client_of(cluster, name) as client:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
        try:
            yield
        finally:
            client.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def at_a_standstill(cluster: LocalCluster, name: str) -> Iterator[None]:
    """As DEBUG SLEEP, which servers do not allow by default."""
    with stopped(redis_pid(cluster, name)):
        yield


def taskmanagers(cluster: LocalCluster) -> set[str]:
    return {taskmanager["id"] for taskmanager in cluster.get("/taskmanagers")["taskmanagers"]}


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        (demoted, "redis"),
        pytest.param(demoted, "redis-exchange", marks=AT_LENGTH),
        pytest.param(out_of_memory, "redis", marks=AT_LENGTH),
        pytest.param(out_of_memory, "redis-exchange", marks=AT_LENGTH),
        pytest.param(at_a_standstill, "redis", marks=AT_LENGTH),
        pytest.param(at_a_standstill, "redis-exchange", marks=AT_LENGTH),
    ],
)
def test_a_job_goes_on_after_it(ha_cluster: LocalCluster, paced_job: Start, condition: Condition, name: str) -> None:
    members = taskmanagers(ha_cluster)
    job = paced_job(6, options=("-D", "execution.checkpointing.interval=300 ms")).running()
    with condition(ha_cluster, name):  # type: ignore[attr-defined]
        time.sleep(LONG)
    job.finished_exactly(90)
    assert taskmanagers(ha_cluster) == members
    whole_again(ha_cluster)


def test_back_pressure_of_an_exchange_out_of_memory(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(4).running()
    with out_of_memory(ha_cluster, "redis-exchange"):
        time.sleep(2)
        before = job.details()
        time.sleep(2)
        after = job.details()
    read = [details["vertices"][-1]["metrics"]["read-records"] for details in (before, after)]
    assert before["state"] == after["state"] == "RUNNING"
    assert read[1] - read[0] < 200, f"nothing can be exchanged between TaskManagers: {read}"
    job.finished_exactly(90)
    whole_again(ha_cluster)


def test_a_job_that_is_submitted_to_a_redis_out_of_memory(ha_cluster: LocalCluster, paced_job: Start) -> None:
    """The answer says why; the client tries again."""
    with out_of_memory(ha_cluster, "redis"):
        assert "jobs" in ha_cluster.get("/jobs/overview"), "reading goes on"
        status, answer = ha_cluster.request("PUT", f"/penstock/blobs/{hashlib.sha256(b'x').hexdigest()}", b"x")
        assert status == 503 and "out of memory" in answer["errors"][0]
        threading.Timer(LONG, heal, [ha_cluster]).start()
        paced_job(0.3).finished_exactly(90)
    whole_again(ha_cluster)


def heal(cluster: LocalCluster) -> None:
    with client_of(cluster, "redis") as client:
        client.config_set("maxmemory", "0")


@at_length
def test_a_coordination_redis_that_loads_for_seconds(ha_cluster: LocalCluster, paced_job: Start) -> None:
    url = ha_cluster.status()["redis"]
    members = taskmanagers(ha_cluster)
    job = paced_job(8, options=("-D", "execution.checkpointing.interval=300 ms")).running()
    with coordination_redis(ha_cluster) as client, client.pipeline(transaction=False) as filling:
        for number in range(8_000):
            filling.set(f"filling:{number}", b"x")
        filling.execute()
    pid = redis_pid(ha_cluster, "redis")
    end(pid)
    slow = start_slowly(ha_cluster, int(url.rpartition(":")[2].partition("/")[0]))
    try:
        assert saw_loading(url) >= 2
        job.finished_exactly(90)
        assert taskmanagers(ha_cluster) == members
    finally:
        slow.kill()
        slow.wait()
        ha_cluster.start()
        with coordination_redis(ha_cluster) as client:
            client.unlink(*(f"filling:{number}" for number in range(8_000)))
    whole_again(ha_cluster)


def start_slowly(cluster: LocalCluster, port: int) -> "subprocess.Popen[bytes]":
    """The coordination Redis, which takes 0.5 ms for each command of its append-only file."""
    executable, data = find_redis(), cluster.folder / "data" / "redis"
    command = [*redis_command(executable, "redis", port, data), "--key-load-delay", "500"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def saw_loading(url: str) -> int:
    """How often it answered so, until its data was loaded."""
    seen = 0

    def loaded() -> bool:
        nonlocal seen
        with redis.Redis.from_url(url, retry=None) as client:
            try:
                return bool(client.ping())
            except redis.BusyLoadingError:
                seen += 1
            except redis.ConnectionError:
                pass  # it does not listen yet
        return False

    wait_for(loaded, 60, "the data to be loaded")
    return seen
