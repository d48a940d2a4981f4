"""The Redises stall, drop their connections, restart or lose everything while a job runs."""

import time
from collections.abc import Callable

import pytest

from tests.integration.cluster.faults import (
    AT_LENGTH,
    PacedJob,
    coordination_redis,
    end,
    exchange_redis,
    redis_pid,
    whole_again,
)
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
Start = Callable[..., PacedJob]


def test_connections_dropped_and_redis_paused(ha_cluster: LocalCluster, paced_job: Start) -> None:
    """Nobody is declared dead for it."""
    job = paced_job(5).running()
    taskmanagers = ha_cluster.get("/taskmanagers")["taskmanagers"]
    for redis in (coordination_redis, exchange_redis):
        with redis(ha_cluster) as client:
            # on a busy machine a slot may read before the others have connected
            wait_for(lambda: len(client.client_list(_type="normal")) > 5, 30, "connections of all slots and ours")
            assert client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") > 4
    with coordination_redis(ha_cluster) as client:
        client.execute_command("CLIENT", "PAUSE", "3000", "ALL")
    time.sleep(4)
    job.finished_exactly()
    assert ha_cluster.get("/taskmanagers")["taskmanagers"] and {(t["id"], t["slotsNumber"]) for t in taskmanagers} == {
        (t["id"], t["slotsNumber"]) for t in ha_cluster.get("/taskmanagers")["taskmanagers"]
    }
    whole_again(ha_cluster)
    paced_job(0.2).finished_exactly()


def test_coordination_redis_killed_and_started_again(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(5).running()
    end(redis_pid(ha_cluster, "redis"))
    time.sleep(2)
    begun = time.monotonic()
    ha_cluster.start()
    print(f"cluster start took {time.monotonic() - begun:.1f} s")
    job.finished_exactly()
    print(f"whole again after {whole_again(ha_cluster):.1f} s")
    begun = time.monotonic()
    paced_job(0.2).finished_exactly()
    print(f"a new job took {time.monotonic() - begun:.1f} s")


@pytest.mark.parametrize("how", ["flushall", *(pytest.param(how, marks=AT_LENGTH) for how in ("kill", "restart"))])
def test_lost_exchange_fails_the_job_and_says_which(ha_cluster: LocalCluster, paced_job: Start, how: str) -> None:
    job = paced_job(30).running()
    url = ha_cluster.status()["exchange"][0]
    begun = time.monotonic()
    if how == "flushall":
        with exchange_redis(ha_cluster) as client:
            client.flushall()
    else:
        end(redis_pid(ha_cluster, "redis-exchange"))
        if how == "restart":
            ha_cluster.start()
    said = job.failed()
    print(f"FAILED after {time.monotonic() - begun:.1f} s")
    assert "exchange Redis" in said and url.split("//")[1].rpartition("@")[2].split("/")[0] in said, said
    if how == "kill":
        ha_cluster.start()
    print(f"whole again after {whole_again(ha_cluster):.1f} s")
    paced_job(0.2).finished_exactly()
