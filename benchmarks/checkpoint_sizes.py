"""Checkpoints of a running job against the size of its state, both backends: pause, duration, incremental, restore."""

import re
import time
from typing import Any

import orjson

from benchmarks.cluster import Cluster
from benchmarks.command import JOBS, PENSTOCK, run
from benchmarks.jobs_log import log_lines, time_of

SIZES = (1.0, 10.0, 100.0)  #: MB of values
BACKENDS = ("hashmap", "rocksdb")
_VALUE = 200  #: bytes, as the job has it
_PATIENCE = 100.0  #: seconds for the state to be filled
_SUBMITTED = re.compile(r"\bJob ([0-9a-f]{32}) submitted\b")


def measure(cluster: Cluster, sizes: tuple[float, ...] = SIZES) -> list[dict[str, Any]]:
    """At p=2, while updates come as fast as they can. Times in ms, sizes in bytes. `first`: once all keys are written,
    `second`: after a hundredth was written again and again; `start_ms`: of the job without state to restore."""
    return [_one(cluster, backend, size) for size in sizes for backend in BACKENDS]


def _one(cluster: Cluster, backend: str, size: float) -> dict[str, Any]:
    keys = int(size * 1e6 / _VALUE)
    settings = [
        "execution.checkpointing.incremental=true",
        "execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION",
        f"state.backend.type={backend}",
    ]
    job = _submit(cluster, keys, settings)
    try:
        keyed = _filled(cluster, job, keys)
        started = _started(cluster, job, keyed)
        first = _checkpoint(cluster, job, keyed)
        time.sleep(1)
        second = _checkpoint(cluster, job, keyed)
    finally:
        _cancel(cluster, job)
    again = _submit(cluster, keys, settings, second.pop("path"))
    first.pop("path")
    try:
        restored = _started(cluster, again, keyed)
    finally:
        _cancel(cluster, again)
    times = {"start_ms": started, "restore_ms": restored}
    return {"state_mb": size, "backend": backend, "first": first, "second": second, **times}


def _submit(cluster: Cluster, keys: int, settings: list[str], savepoint: str = "") -> str:
    options = [part for setting in settings for part in ("-D", setting)] + (["-s", savepoint] if savepoint else [])
    program = [str(JOBS / "state_job.py"), "--keys", str(keys)]
    taken = run([*PENSTOCK, "run", "-d", "-m", cluster.address, "-p", "2", *options, *program])
    found = _SUBMITTED.search(taken.output)
    if found is None:
        raise RuntimeError(f"`penstock run` named no job:\n{taken.output}")
    return found[1]


def _cancel(cluster: Cluster, job: str) -> None:
    run([*PENSTOCK, "cancel", "-m", cluster.address, job])
    deadline = time.monotonic() + _PATIENCE
    while cluster.rest(f"/jobs/{job}")["state"] not in ("CANCELED", "FAILED", "FINISHED"):
        if time.monotonic() > deadline:
            raise RuntimeError(f"job {job} does not end")
        time.sleep(0.1)


def _filled(cluster: Cluster, job: str, keys: int) -> str:
    """Id of the vertex with the state, once it has seen every key."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = cluster.rest(f"/jobs/{job}")
        if found["state"] in ("FAILED", "FAILING"):
            raise RuntimeError(f"job {job} failed: {cluster.rest(f'/jobs/{job}/exceptions')}")
        for vertex in found["vertices"]:
            if vertex["parallelism"] == 2 and vertex["metrics"]["read-records"] > keys * 1.05:
                return str(vertex["id"])
        time.sleep(0.2)
    raise RuntimeError(f"job {job} did not fill its state of {keys} keys within {_PATIENCE:.0f} s")


def _checkpoint(cluster: Cluster, job: str, keyed: str) -> dict[str, Any]:
    taken = run([*PENSTOCK, "checkpoint", "-m", cluster.address, "--json", job])
    number = orjson.loads(taken.output.strip().splitlines()[-1])["checkpoint"]
    whole = cluster.rest(f"/jobs/{job}/checkpoints/details/{number}")
    subtasks = cluster.rest(f"/jobs/{job}/checkpoints/details/{number}/subtasks/{keyed}")["subtasks"]
    return {
        "path": whole["external_path"],
        "duration_ms": whole["end_to_end_duration"],
        "pause_ms": max(s["checkpoint"]["sync"] for s in subtasks),
        "async_ms": max(s["checkpoint"]["async"] for s in subtasks),
        "alignment_ms": max(s["alignment"]["duration"] for s in subtasks),
        "written": whole["checkpointed_size"],
        "state": whole["state_size"],
    }


def _started(cluster: Cluster, job: str, keyed: str) -> float:
    """From the commit of its deployment to when its last task with state runs."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        lines = log_lines(cluster, job)
        deployed = [time_of(x) for x in lines if x["event"] == "job" and x["state"] == "RUNNING"]
        tasks = [x for x in lines if x["event"] == "task state" and x["vertex"] == keyed]
        running = [time_of(x) for x in tasks if x["state"] == "RUNNING"]
        if deployed and len(running) == 2:
            return round((max(running) - min(deployed)) * 1000, 1)
        time.sleep(0.2)
    raise RuntimeError(f"job {job} does not run within {_PATIENCE:.0f} s")
