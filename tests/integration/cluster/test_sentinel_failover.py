"""A cluster on a coordination Redis behind Sentinels, whose master dies or is replaced under a job with checkpoints."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import RedisServer
from tests.integration.cluster.conftest import TWO_OF_EACH
from tests.integration.cluster.faults import PacedJob, whole_again
from tests.integration.cluster.local_cluster import LocalCluster
from tests.sentinels import Trio, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def trio(redis_of: Callable[[str], RedisServer], tmp_path: Path) -> Iterator[Trio]:
    (tmp_path / "trio").mkdir()
    made = Trio(redis_of("redis7").executable, tmp_path / "trio")
    try:
        until(made.is_ready, "Sentinels that know each other")
        yield made
    finally:
        made.close()


@pytest.fixture
def cluster(trio: Trio, tmp_path: Path) -> Iterator[LocalCluster]:
    made = LocalCluster(tmp_path / "dir", *TWO_OF_EACH, "--redis", trio.url)
    yield made
    made.stop()


def members(cluster: LocalCluster) -> set[str]:
    return {taskmanager["id"] for taskmanager in cluster.get("/taskmanagers")["taskmanagers"]}


def role(server: RedisServer) -> str:
    with redis.Redis(port=server.port, socket_timeout=5) as client:
        return str(client.info("replication")["role"])


def test_a_job_outlives_its_master_and_then_a_change_of_masters(
    cluster: LocalCluster, trio: Trio, tmp_path: Path
) -> None:
    before = members(cluster)
    for number, change in enumerate((kill_the_master, change_masters)):
        options = ("-D", "execution.checkpointing.interval=300 ms")
        job = PacedJob(cluster, tmp_path / f"job{number}", 8, options=options)
        try:
            job.running()
            change(trio)
            job.finished_exactly(120)
        finally:
            job.close()
        assert members(cluster) == before, "no TaskManager was declared dead"
        whole_again(cluster)


def kill_the_master(trio: Trio) -> None:
    trio.master.stop(kill=True)
    until(lambda: role(trio.replica) == "master", "the replica is the master", 60)


def change_masters(trio: Trio) -> None:
    """The old one is back, as a replica, and made the master again: the other lives on, demoted."""
    trio.master.start()
    until(lambda: role(trio.master) == "slave", "it is a replica", 60)
    until(trio.is_synchronized, "it has all", 60)
    with redis.Redis(port=trio.ports[0]) as sentinel:
        until(lambda: failover(sentinel), "a Sentinel takes the order", 60)
    until(lambda: role(trio.master) == "master" and role(trio.replica) == "slave", "they have changed", 60)


def failover(sentinel: redis.Redis) -> bool:
    try:
        return bool(sentinel.execute_command("SENTINEL", "FAILOVER", "main"))
    except redis.ResponseError as error:
        assert "INPROG" in str(error) or "NOGOODSLAVE" in str(error), error
        return False
