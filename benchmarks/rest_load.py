"""What 50 REST requests a second cost: the dispatcher in CPU, the slots in records per CPU second. A and B in turns."""

import json
import subprocess
import sys
import time
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.command import JOBS, PENSTOCK, ROOT, run
from benchmarks.procfs import cpu_of_tree
from benchmarks.spread import spread

RATE = 50  #: requests a second
RECORDS = 6_000_000
PARALLELISM = 2
#: goals: of a core, and of the slots' records per CPU second
DISPATCHER_CORES, SLOTS_CHANGE = 0.4, 0.03


def measure(cluster: Cluster, rounds: int) -> dict[str, Any]:
    """RuntimeError where a job does not finish, or a request fails."""
    _run(cluster, watched=False)  # imports, caches
    rates: dict[bool, list[float]] = {False: [], True: []}
    cores: dict[bool, list[float]] = {False: [], True: []}
    clients: list[dict[str, Any]] = []
    for number in range(rounds):
        for watched in (False, True) if number % 2 == 0 else (True, False):
            rate, dispatcher, client = _run(cluster, watched)
            rates[watched].append(rate)
            cores[watched].append(dispatcher)
            if client is not None:
                clients.append(client)
    changes = [with_load / alone - 1 for with_load, alone in zip(rates[True], rates[False], strict=True)]
    change = spread(changes)
    return {
        "rate": RATE,
        "records": RECORDS,
        "rounds": rounds,
        "achieved_per_second": round(spread([c["per_second"] for c in clients]).median, 1),
        "p50_ms": round(spread([c["p50_ms"] for c in clients]).median, 1),
        "p99_ms": round(max(c["p99_ms"] for c in clients), 1),
        "dispatcher_cores": round(spread(cores[True]).median, 3),
        "dispatcher_cores_idle": round(spread(cores[False]).median, 3),
        "records_per_slot_cpu_s": round(spread(rates[True]).median),
        "records_per_slot_cpu_s_alone": round(spread(rates[False]).median),
        "change": round(change.median, 4),
        "changes": [round(value, 4) for value in changes],
        "goals": {"dispatcher_cores": DISPATCHER_CORES, "change": SLOTS_CHANGE},
    }


def _run(cluster: Cluster, watched: bool) -> tuple[float, float, dict[str, Any] | None]:
    """Records per CPU second of the slots, cores of the dispatcher while the job runs, what the client got."""
    pids = {kind: [p["pid"] for p in cluster.status["processes"] if p["service"] == kind] for kind in _KINDS}
    slots = cpu_of_tree(pids["taskmanager"])
    program = [str(JOBS / "watched_job.py"), "--records", str(RECORDS)]
    run([*PENSTOCK, "run", "-d", "-m", cluster.address, "-p", str(PARALLELISM), *program])
    job = max(cluster.rest("/jobs/overview")["jobs"], key=lambda found: found["start-time"])["jid"]
    client = _client(cluster, job) if watched else None
    dispatcher, began = cpu_of_tree(pids["dispatcher"]), time.monotonic()
    try:
        while (state := cluster.rest(f"/jobs/{job}/status")["status"]) not in ("FINISHED", "FAILED", "CANCELED"):
            time.sleep(0.5)
    finally:
        took, used = time.monotonic() - began, cpu_of_tree(pids["dispatcher"]) - dispatcher
        got = _end(client) if client is not None else None
    if state != "FINISHED":
        raise RuntimeError(f"job {job} is {state}")
    if got is not None and got["failed"]:
        raise RuntimeError(f"{got['failed']} of {got['requests']} requests failed")
    return RECORDS / (cpu_of_tree(pids["taskmanager"]) - slots), used / took, got


_KINDS = ("taskmanager", "dispatcher")


def _client(cluster: Cluster, job: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.rest_client", cluster.address, job, str(RATE)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _end(client: "subprocess.Popen[str]") -> dict[str, Any]:
    output, _ = client.communicate("")
    if client.returncode:
        raise RuntimeError(f"the client ended with status {client.returncode}")
    found: dict[str, Any] = json.loads(output)
    return found
