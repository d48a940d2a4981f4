"""Services die, leave, or stand still while a job runs: it finishes, with every update written once and no restart."""

import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.integration.cluster.faults import (
    AT_LENGTH,
    PacedJob,
    at_length,
    end,
    leader_of,
    leading_resourcemanager,
    recovers,
    stopped,
    whole_again,
)
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
Start = Callable[..., PacedJob]


def test_killed_jobmanager_and_resourcemanager(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(4).running()
    killed = leader_of(ha_cluster, job.id)
    end(killed)
    recovers("another jobmanager leads", lambda: leader_of(ha_cluster, job.id) != killed)
    first = leading_resourcemanager(ha_cluster)
    end(first)
    recovers("another resourcemanager leads", lambda: leading_resourcemanager(ha_cluster) != first)
    job.finished_exactly()
    whole_again(ha_cluster)


def test_all_jobmanagers_and_resourcemanagers_killed_and_started_again(
    ha_cluster: LocalCluster, paced_job: Start
) -> None:
    job = paced_job(6).running()
    for process in ha_cluster.processes("jobmanager") + ha_cluster.processes("resourcemanager"):
        end(process["pid"])
    before = job.details()["vertices"][-1]["metrics"]["read-records"]
    wait_for(
        lambda: job.details()["vertices"][-1]["metrics"]["read-records"] > before + 200, 20, "tasks go on without them"
    )
    ha_cluster.start()
    recovers("a jobmanager leads", lambda: leader_of(ha_cluster, job.id))
    job.finished_exactly()
    whole_again(ha_cluster)


def test_resourcemanager_killed_while_a_job_waits_for_slots(ha_cluster: LocalCluster, paced_job: Start) -> None:
    first = paced_job(3).running()
    second = paced_job(0.3)
    wait_for(lambda: "waiting for 4 of 4 slots" in str(second.details().get("message", "")), 20, "a job to wait")
    end(leading_resourcemanager(ha_cluster))
    first.finished_exactly()
    begun = time.monotonic()
    second.finished_exactly()
    print(f"the waiting job ended {time.monotonic() - begun:.1f} s after the first")
    whole_again(ha_cluster)


@pytest.mark.parametrize("signum", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=AT_LENGTH)])
def test_dispatcher_of_an_attached_client(ha_cluster: LocalCluster, paced_job: Start, signum: signal.Signals) -> None:
    """The client prefers the first address, so that is the one that goes."""
    dispatchers = {p["id"]: p["pid"] for p in ha_cluster.processes("dispatcher")}
    job = paced_job(2).running()
    end(dispatchers["dispatcher-1"], signum, 5)
    job.finished_exactly()


def leads_another(leader: Callable[[], Any], leaving: Any) -> bool:
    return bool(leader() != leaving)


@at_length
def test_all_dispatchers_killed_and_started_again(ha_cluster: LocalCluster, paced_job: Start) -> None:
    """At the addresses that the client knows."""
    job = paced_job(3).running()
    for process in ha_cluster.processes("dispatcher"):
        end(process["pid"])
    time.sleep(1)
    ha_cluster.start()
    job.finished_exactly()


@at_length
def test_sigterm_hands_over(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(8).running()
    for service, leader in (
        ("jobmanager", lambda: leader_of(ha_cluster, job.id)),
        ("resourcemanager", lambda: leading_resourcemanager(ha_cluster)),
    ):
        leaving = leader()
        took = end(leaving, signal.SIGTERM, 5)
        print(f"{service} left within {took:.1f} s")
        recovers(f"another {service} leads", partial(leads_another, leader, leaving))
    job.finished_exactly()
    whole_again(ha_cluster)


@at_length
def test_a_jobmanager_that_stood_still_is_fenced(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(14).running()
    frozen = leader_of(ha_cluster, job.id)
    with stopped(frozen):
        begun = time.monotonic()
        recovers("another jobmanager leads", lambda: leader_of(ha_cluster, job.id) != frozen)
        successor = leader_of(ha_cluster, job.id)
        time.sleep(max(0.0, 10 - (time.monotonic() - begun)))
    recovers("the frozen one knows", lambda: leader_of(ha_cluster, job.id) == successor)
    job.finished_exactly()
    assert frozen in {p["pid"] for p in ha_cluster.processes("jobmanager")}
    end(successor)
    paced_job(0.5).finished_exactly()  # led by the one that stood still
