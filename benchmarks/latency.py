"""Latency of 10,000 records a second through one shuffle, in one process and on a cluster, through Redis."""

import json
import sys
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.command import JOBS, run

RATE, SECONDS = 10_000, 8.0
GOALS = {"local": 2.0, "cluster, 2 slots, through Redis": 10.0}  #: ms, p99
#: a source that calls `wake` each millisecond; one that only answers when it is asked
_SOURCES = {"": [], ", a source that does not wake its task": ["--quiet"]}


def measure(cluster: Cluster, folder: Path) -> list[dict[str, Any]]:
    """Percentiles in ms, from when a record is due to when the sink has it. RuntimeError where records are missing."""
    rows = [_row("a sleep of 1 ms, without Penstock", _lateness())]
    for kind, options in _SOURCES.items():
        for name, goal in GOALS.items():
            ages = _ages(cluster, folder / f"latency of {name}{kind}", name == "local", options)
            rows.append({**_row(name + kind, ages), "goal_p99_ms": goal})
    return rows


def _ages(cluster: Cluster, output: Path, local: bool, options: list[str]) -> list[int]:
    """µs, of each record."""
    program = [str(JOBS / "latency_job.py"), "--rate", str(RATE), "--seconds", str(SECONDS)]
    program += ["--output", str(output), *options]
    if local:
        run([sys.executable, *program])
    else:
        cluster.submit(2, ["-D", "penstock.exchange.in-memory-channels=false"], program)
    ages = [age for file in output.glob("*.json") for age in json.loads(file.read_bytes())["ages_us"]]
    expected = RATE * (SECONDS - 1)
    if abs(len(ages) - expected) > 2:
        raise RuntimeError(f"{output.name}: {len(ages)} records arrived, not {expected:.0f}")
    return ages


def _row(where: str, ages: list[int]) -> dict[str, Any]:
    cuts = quantiles(ages, n=1000)
    cut_at = {"p50_ms": 499, "p90_ms": 899, "p99_ms": 989, "p999_ms": 998}
    return {"where": where, **{name: round(cuts[at] / 1000, 3) for name, at in cut_at.items()}}


def _lateness() -> list[int]:
    """How much later than a millisecond a sleep of one ends, in µs: what this machine adds to anything that waits."""
    late = []
    end = time.monotonic() + SECONDS / 2
    while time.monotonic() < end:
        due = time.monotonic_ns() + 1_000_000
        time.sleep(0.001)
        late.append((time.monotonic_ns() - due) // 1000)
    return late
