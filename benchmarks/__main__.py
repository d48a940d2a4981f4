"""Measures, prints Markdown, writes JSON: python -m benchmarks [--only PART …] [--rounds N] [--output FILE].

Peers run in turns in one run, CPU is that of all processes, Redis included, and no figure counts unless the results are
those of an oracle. Needs Linux's procfs. Takes about six minutes on an idle machine.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import demo_job, exchange_raw, start_latency, throughput
from benchmarks.cluster import new_cluster
from benchmarks.machine import machine_facts
from benchmarks.report import markdown

PARTS = ("throughput", "demo", "start_latency", "exchange")
RESULTS = Path(__file__).parent / "results"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(parts: list[str], rounds: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"machine": machine_facts(), "rounds": rounds}
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name:
        folder = Path(name)
        if "demo" in parts:
            say("make demo's job, on a fresh cluster each time")
            figures["demo"] = demo_job.measure(folder, rounds)
        with new_cluster() as cluster:
            if "start_latency" in parts:
                say("job start latency")
                figures["start_latency"] = start_latency.measure(cluster, folder, jobs=10)
            if "exchange" in parts:
                say("the exchange alone")
                figures["exchange"] = exchange_raw.measure(cluster.status["exchange"][0], rounds)
            if "throughput" in parts:
                figures["throughput"] = throughput.measure(cluster, folder, rounds, say)
    figures["machine"]["load_after"] = os.getloadavg()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--output", type=Path, help="JSON file; default: a new one in benchmarks/results")
    options = parser.parse_args()
    # so that clusters are stopped then too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures = measure(options.only, options.rounds)
    output = options.output or RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(markdown(figures))
    say(f"written: {output}")


if __name__ == "__main__":
    main()
