"""Flame graphs of where slots spend their time: python -m benchmarks.profile [--workload NAME] [--seconds N].

py-spy, in a venv of its own, samples the two slots of a job, through Redis at p=2, and writes an SVG each into
benchmarks/results. Where the kernel does not let it read another process, it says so and leaves.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.cluster import Cluster, new_cluster
from benchmarks.peers_venv import python_of
from benchmarks.procfs import cpu_of_tree, tree
from benchmarks.runners import PENSTOCK, REDIS
from benchmarks.workloads import WORKLOADS, Inputs

RESULTS = Path(__file__).parent / "results"
_RECORDS = {"words": 8_000_000, "bids": 3_000_000}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workload", choices=WORKLOADS, default="words")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--format", choices=("flamegraph", "speedscope", "raw"), default="flamegraph")
    options = parser.parse_args()
    spy = python_of("py-spy").parent / "py-spy"
    if refusal := _refusal(spy):
        print(f"skipped: py-spy may not look into other processes here: {refusal}", file=sys.stderr)
        return 0
    runner = next(r for r in PENSTOCK if r.name == REDIS)
    workload = WORKLOADS[options.workload]
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name, new_cluster() as cluster:
        file = Inputs(Path(name)).file(workload, _RECORDS[workload.unit])
        job = threading.Thread(target=runner.run, args=(cluster, workload.name, file, Path(name, "output")))
        job.start()
        for written in _record(spy, _busy_slots(cluster), options):
            print(written)
        job.join()
    return 0


def _refusal(spy: Path) -> str:
    """Why py-spy cannot look at a process of ours; empty where it can."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        time.sleep(0.5)
        dumped = subprocess.run([str(spy), "dump", "--pid", str(process.pid)], capture_output=True, text=True)
        process.terminate()
    return "" if dumped.returncode == 0 else dumped.stderr.strip() or f"exit status {dumped.returncode}"


def _busy_slots(cluster: Cluster, wanted: int = 2) -> list[int]:
    """The slots that use most CPU during a second, once they use any. RuntimeError where none do."""
    managers = {p["pid"] for p in cluster.status["processes"] if p["service"] == "taskmanager"}
    for _ in range(30):
        slots = [use.pid for use in tree(managers) if use.parent in managers]
        before = {pid: cpu_of_tree([pid]) for pid in slots}
        time.sleep(1)
        used = {pid: cpu_of_tree([pid]) - before[pid] for pid in slots}
        busy = sorted((pid for pid in slots if used[pid] > 0.2), key=lambda pid: -used[pid])
        if busy:
            return busy[:wanted]
    raise RuntimeError("no slot got busy within half a minute")


def _record(spy: Path, slots: list[int], options: argparse.Namespace) -> list[Path]:
    RESULTS.mkdir(exist_ok=True)
    suffix = {"flamegraph": "svg", "speedscope": "json", "raw": "txt"}[options.format]
    files = [RESULTS / f"profile-{options.workload.replace(', ', '-')}-{n}.{suffix}" for n in range(len(slots))]
    command = [str(spy), "record", "--duration", str(options.seconds), "--format", options.format, "--pid"]
    running = [
        subprocess.Popen([*command, str(pid), "--output", str(file)], stdout=subprocess.DEVNULL)
        for pid, file in zip(slots, files, strict=True)
    ]
    return [file for process, file in zip(running, files, strict=True) if process.wait() == 0 and file.exists()]


if __name__ == "__main__":
    sys.exit(main())
