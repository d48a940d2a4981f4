"""Slot processes and TaskManagers die; tasks that do not stop by themselves."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from penstock.coordination.broker import make_app, queue_name, send_hint
from penstock.coordination.messages import decode
from penstock.coordination.rows import AllocationRow
from tests.integration.cluster.faults import PacedJob, at_length, end, free_slots, is_alive, recovers, whole_again
from tests.integration.cluster.job_rows import plane_of
from tests.integration.cluster.local_cluster import LocalCluster, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
Start = Callable[..., PacedJob]


def slots_of(cluster: LocalCluster, job: str) -> list[dict[str, Any]]:
    return [p for p in cluster.processes("slot") if job in p["jobs"]]


def allocations_of(cluster: LocalCluster, job: str) -> list[tuple[str, str]]:
    """(allocation, TaskManager) of each slot of a running job."""
    with plane_of(cluster) as coordination:
        rows = coordination.store.load(f"job:{job}").rows
    found = [decode(row, AllocationRow) for name, row in rows.items() if name.startswith("allocation:")]
    return [(row.allocation, row.taskmanager) for row in found]


def test_killed_slot_process(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(30).running()
    slot = wait_for(lambda: slots_of(ha_cluster, job.id), 10)[0]
    begun = time.monotonic()
    end(slot["pid"])
    said = job.failed()
    print(f"FAILED after {time.monotonic() - begun:.1f} s: {said}")
    assert str(slot["pid"]) in said and slot["id"].split("/")[0] in said, said
    print(f"whole again after {whole_again(ha_cluster):.1f} s")
    paced_job(0.2).finished_exactly()


def test_killed_taskmanager(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(30).running()
    doomed = ha_cluster.processes("taskmanager")[0]
    children = [p["pid"] for p in ha_cluster.processes("slot") if p["id"].startswith(doomed["id"] + "/")]
    assert len(children) == 2
    begun = time.monotonic()
    end(doomed["pid"])
    recovers("its slot processes are gone", lambda: not any(map(is_alive, children)))
    said = job.failed()
    print(f"FAILED after {time.monotonic() - begun:.1f} s")
    assert doomed["id"] in said, said
    recovers("slots-total drops", lambda: free_slots(ha_cluster) == (2, 2))
    ha_cluster.start()
    print(f"whole again after {whole_again(ha_cluster):.1f} s")
    paced_job(0.2).finished_exactly()


@at_length
def test_taskmanager_leaves(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(30).running()
    leaving = ha_cluster.processes("taskmanager")[1]
    took = end(leaving["pid"], signal.SIGTERM, 5)
    said = job.failed()
    print(f"left within {took:.1f} s")
    assert leaving["id"] in said, said
    recovers("slots-total drops", lambda: free_slots(ha_cluster) == (2, 2))
    ha_cluster.start()
    whole_again(ha_cluster)


def test_duplicate_and_late_hints(ha_cluster: LocalCluster, paced_job: Start) -> None:
    job = paced_job(2).running()
    app = make_app(ha_cluster.status()["redis"], "penstock")
    with plane_of(ha_cluster) as plane:
        keyring = plane.keyring
    try:
        allocations = allocations_of(ha_cluster, job.id)
        assert len(allocations) == 4
        for _ in range(5):
            for allocation, taskmanager in allocations:
                send_hint(app, queue_name(taskmanager), job.id, allocation, 1, keyring=keyring)
        job.finished_exactly()
        whole_again(ha_cluster)
        for allocation, taskmanager in allocations:
            send_hint(app, queue_name(taskmanager), job.id, allocation, 1, keyring=keyring)
            send_hint(app, queue_name(taskmanager), job.id, allocation, 99, keyring=keyring)
        paced_job(0.2).finished_exactly()
        whole_again(ha_cluster)
    finally:
        app.close()
