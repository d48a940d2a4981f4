"""What must be true of a cluster and of a job that has ended, whatever was done to them. In words, where it is not."""

import time
from collections.abc import Callable
from typing import Any

from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from tests.chaos.harness import ChaosCluster
from tests.chaos.workloads.job import Job

#: what stays of an ended job for its users, without a time to live
_KEPT = ("rows", "metrics", "earlier", "submission", "tombstone")
#: seconds that a cluster has to settle
_PATIENCE = 60.0


def settled(look: Callable[[], list[str]], seconds: float = _PATIENCE) -> list[str]:
    """Look again until nothing is wrong, or time is up; what is wrong then."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except Exception as error:
            found = [f"it cannot be looked at: {type(error).__name__}: {error}"]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def cluster_problems(cluster: ChaosCluster) -> list[str]:
    """Slots and processes: all are there, all are free, nothing is left of anybody."""
    found = [*cluster.leftovers()]
    with Coordination.connect(cluster.redis_url("coordination"), keyring=cluster.keyring) as plane:
        ledger = plane.store.load("resourcemanager").rows
        found += [f"the ledger still has {name}" for name in ledger if name.startswith(("slot:", "job:"))]
        registered = [info.taskmanager for info in plane.taskmanagers.all() if cluster.member_of(info.taskmanager)]
        rows = [row for worker in registered for row in plane.slots.all(worker).values()]
    if len(rows) != cluster.spec.total_slots:
        found.append(f"{len(rows)} of {cluster.spec.total_slots} slots are registered")
    found += [f"a slot is {row.state} for {row.job}" for row in rows if row.state != "FREE"]
    return found


def job_problems(cluster: ChaosCluster, job: Job) -> list[str]:
    """Keys and files of a job that has ended."""
    keys = Keys()
    found: list[str] = []
    with cluster.redis("exchange") as exchange:
        pattern = f"{keys.exchange_nonce(job.id, 0).removesuffix('0:nonce')}*"
        # an aborted job's are left to expire
        keys_left: list[bytes] = list(exchange.scan_iter(pattern, count=1000))
        found += [
            f"exchange key {key.decode()}" for key in keys_left if exchange.ttl(key) == -1 or job.ends != "FAILED"
        ]
    with cluster.redis("coordination") as coordination:
        if coordination.exists(keys.lease(f"job:{job.id}")):
            found.append("its lease is still there")
        for key in coordination.scan_iter(f"{keys.metrics(job.id).removesuffix('metrics')}*", count=1000):
            ttl: Any = coordination.ttl(key)
            if ttl == -1 and key.decode().rpartition(":")[2] not in _KEPT:
                found.append(f"key {key.decode()} stays for ever")
    folder = cluster.checkpoints / job.id
    # of a job that has failed its newest checkpoint is kept for whoever looks into it
    if folder.exists() and job.ends != "FAILED":
        found += [f"file {path.relative_to(cluster.checkpoints)}" for path in folder.rglob("*") if path.is_file()]
    if job.ends == "FINISHED" and job.home == job.folder and not job.superseded:
        # a savepoint may be started from again: what it has in progress stays too;
        # as in Flink, what a cancelled job had in progress stays hidden where it is
        parts = (path for path in (job.home / "out").rglob(".*") if path.is_file())
        found += [f"file {path.relative_to(job.home)} in progress" for path in parts]
    return found
