"""Measures, prints Markdown, writes JSON: python -m benchmarks [--only PART …] [--peers] [--rounds N] [--output FILE].

Runners take turns in one run, CPU is that of all processes, Redis included, and no figure counts unless the results are
those of an oracle. Needs Linux's procfs. About twenty minutes on an idle machine, half an hour more with peers.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    checkpoints,
    demo_job,
    exchange_raw,
    growth,
    latency,
    local_start,
    memory,
    rest_load,
    side_by_side,
    start_latency,
    throughput,
)
from benchmarks.cluster import new_cluster
from benchmarks.machine import machine_facts
from benchmarks.peers_venv import python_of
from benchmarks.plot import svg
from benchmarks.report import markdown
from benchmarks.runners import PEERS, PENSTOCK, Runner
from benchmarks.workloads import WORKLOADS

#: those that share a cluster
_ON_CLUSTER = ("workloads", "throughput", "start_latency", "exchange", "latency", "checkpoints", "rest")
PARTS = (*_ON_CLUSTER, "demo", "growth", "local_start", "memory")
EVERY = {runner.name: runner for runner in (*PENSTOCK, *PEERS)}
RESULTS = Path(__file__).parent / "results"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(
    parts: list[str], rounds: int, runners: Sequence[Runner], workloads: Sequence[str], largest: int
) -> dict[str, Any]:
    figures: dict[str, Any] = {"machine": machine_facts(), "rounds": rounds}
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name:
        folder = Path(name)
        if "demo" in parts:
            say("make demo's job, on a fresh cluster each time")
            figures["demo"] = demo_job.measure(folder, rounds)
        if "growth" in parts:
            figures["growth"] = growth.measure(folder, rounds, say, largest)
        if "local_start" in parts:
            say("the start of a job in one process")
            figures["local_start"] = local_start.measure(rounds)
        if "memory" in parts:
            figures["memory"] = memory.measure(say)
        if set(parts) & set(_ON_CLUSTER):
            _measure_on_cluster(figures, folder, parts, rounds, runners, workloads)
    figures["machine"]["load_after"] = os.getloadavg()
    return figures


def _measure_on_cluster(
    figures: dict[str, Any],
    folder: Path,
    parts: list[str],
    rounds: int,
    runners: Sequence[Runner],
    workloads: Sequence[str],
) -> None:
    with new_cluster() as cluster:
        if "workloads" in parts:
            figures["workloads"] = side_by_side.measure(cluster, folder, rounds, say, runners, workloads)
        if "start_latency" in parts:
            say("job start latency")
            figures["start_latency"] = start_latency.measure(cluster, folder, jobs=10)
        if "exchange" in parts:
            say("the exchange alone")
            figures["exchange"] = exchange_raw.measure(cluster.status["exchange"][0], rounds)
        if "latency" in parts:
            say("latency")
            figures["latency"] = latency.measure(cluster, folder)
        if "checkpoints" in parts:
            say("checkpoints")
            figures["checkpoints"] = checkpoints.measure(cluster, folder, rounds)
        if "rest" in parts:
            say("REST requests beside a job")
            figures["rest"] = rest_load.measure(cluster, rounds)
        if "throughput" in parts:
            figures["throughput"] = throughput.measure(cluster, folder, rounds, say)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--peers", action="store_true", help="Bytewax, PyFlink and Flink SQL too: venvs, and Java 17")
    parser.add_argument("--runners", nargs="+", choices=EVERY, metavar="RUNNER", help=", ".join(EVERY))
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="WORKLOAD")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--largest", type=float, default=growth.LARGEST, help="records that `growth` goes up to")
    parser.add_argument("--output", type=Path, help="JSON file; default: a new one in benchmarks/results")
    options = parser.parse_args()
    # so that clusters are stopped then too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    runners = [EVERY[n] for n in options.runners or EVERY if options.runners or options.peers or not EVERY[n].venv]
    for venv in {runner.venv: None for runner in runners if runner.venv}:
        say(f"the venv of {venv}: {python_of(venv)}")
    figures = measure(options.only, options.rounds, runners, options.workloads, int(options.largest))
    output = options.output or RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(markdown(figures))
    say(f"written: {output}")
    if rows := figures.get("workloads", {}).get("rows"):
        output.with_suffix(".svg").write_text(svg(rows), encoding="utf-8")
        say(f"written: {output.with_suffix('.svg')}")


if __name__ == "__main__":
    main()
