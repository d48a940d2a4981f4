"""A long run at 80% of the highest rate, with a checkpoint each 10 s: does anything grow? python -m benchmarks.soak

The job runs at p=2 with all records through Redis and 100,000 keys of state. Ends with status 1 where something grew.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.cluster import Cluster, new_cluster
from benchmarks.command import JOBS, PENSTOCK, run
from benchmarks.machine import machine_facts
from benchmarks.soak_samples import Sample, Sampler
from benchmarks.soak_verdict import Row, judge
from benchmarks.tables import table

SHARE = 0.8  #: of the highest rate
_PARALLELISM = 2
_CHECKPOINTS = "10s"
_SAMPLE = 5.0  #: seconds
_CALIBRATION = 40.0  #: seconds; the first quarter does not count
_UNLIMITED = 100_000_000  #: records a second, which no source reaches
_RESULTS = Path(__file__).parent / "results"
_ENDED = ("FINISHED", "FAILED", "CANCELED")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=int, help="records a second; default: 80%% of what is measured first")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    facts = machine_facts()
    with tempfile.TemporaryDirectory(prefix="penstock-soak-") as name:
        folder = Path(name)
        highest = None if options.rate else highest_rate(folder)
        rate = options.rate or int(SHARE * (highest or 0))
        _say(f"{rate:,} records a second for {options.minutes:g} minutes (highest: {highest})")
        samples, lines, checkpoints = soak(folder, rate, options.minutes * 60)
    rows = judge(samples, lines, rate)
    output = _RESULTS / f"soak-{time.strftime('%Y%m%d-%H%M%S')}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    figures = {"machine": facts, "minutes": options.minutes, "highest": highest, "rate": rate}
    figures |= {"checkpoints": checkpoints, "rows": [asdict(row) for row in rows], "lines": lines}
    figures["samples"] = [asdict(sample) for sample in samples]
    output.write_text(json.dumps(figures) + "\n", encoding="utf-8")
    print(markdown(rows, rate, highest, checkpoints))
    _say(f"written: {output}")
    return 0 if all(row.ok for row in rows) else 1


def highest_rate(folder: Path) -> float:
    """Records a second of the same job, as fast as it goes."""
    output = folder / "calibration"
    with new_cluster() as cluster:
        job = _start(cluster, output, _UNLIMITED, 1e9)
        began = time.monotonic()
        while time.monotonic() - began < _CALIBRATION:
            time.sleep(1)
            _check(cluster, job)
        run([*PENSTOCK, "cancel", "-m", cluster.address, job])
    total = 0.0
    lines = read_lines(output)
    for subtask in range(_PARALLELISM):
        own = [line for line in lines if line["subtask"] == subtask]
        own = own[len(own) // 4 :]
        if len(own) < 2:
            raise RuntimeError(f"subtask {subtask} of the sink reported {len(own)} times in {_CALIBRATION:g} s")
        total += (own[-1]["results"] - own[0]["results"]) / (own[-1]["time"] - own[0]["time"])
    return total


def soak(folder: Path, rate: int, seconds: float) -> tuple[list[Sample], list[dict[str, float]], dict[str, int]]:
    """RuntimeError where the job fails, or gives another number of results than records."""
    output = folder / "soak"
    samples: list[Sample] = []
    with new_cluster() as cluster:
        sampler = Sampler(cluster)
        job = _start(cluster, output, rate, seconds)
        while not _check(cluster, job):
            samples.append(sampler.sample())
            time.sleep(_SAMPLE)
        sampler.close()
        checkpoints: dict[str, int] = cluster.rest(f"/jobs/{job}/checkpoints")["counts"]
    lines = read_lines(output)
    results = sum(max(line["results"] for line in lines if line["subtask"] == n) for n in range(_PARALLELISM))
    expected = int(rate * seconds) // _PARALLELISM * _PARALLELISM
    if results != expected:
        raise RuntimeError(f"{results:,.0f} results of {expected:,} records")
    return samples, lines, checkpoints


def read_lines(folder: Path) -> list[dict[str, float]]:
    """What the sink's subtasks reported."""
    lines = []
    for file in sorted(folder.glob("*.jsonl")):
        lines += [{**json.loads(line), "subtask": int(file.stem)} for line in file.read_text("ascii").splitlines()]
    return lines


def markdown(rows: Sequence[Row], rate: int, highest: float | None, checkpoints: dict[str, int]) -> str:
    body = [(row.what, row.unit, f"{row.first:,.1f}", f"{row.last:,.1f}", "ok" if row.ok else "GREW") for row in rows]
    grown = [row.what for row in rows if not row.ok]
    of = "" if highest is None else f" of {highest:,.0f}"
    verdict = "nothing grew" if not grown else f"grew: {', '.join(grown)}"
    done = f"{checkpoints['completed']} checkpoints, {checkpoints['failed']} failed"
    head = ("first third, last third", "", "first", "last", "")
    return f"### Soak at {rate:,}{of} records a second, {done}: {verdict}\n\n" + table(head, body)


def _start(cluster: Cluster, output: Path, rate: int, seconds: float) -> str:
    settings = (f"execution.checkpointing.interval={_CHECKPOINTS}", "penstock.exchange.in-memory-channels=false")
    options = [part for setting in settings for part in ("-D", setting)]
    program = [str(JOBS / "soak_job.py"), "--rate", str(rate), "--seconds", str(seconds), "--output", str(output)]
    run([*PENSTOCK, "run", "-d", "-m", cluster.address, "-p", str(_PARALLELISM), *options, *program])
    job: str = max(cluster.rest("/jobs/overview")["jobs"], key=lambda found: found["start-time"])["jid"]
    return job


def _check(cluster: Cluster, job: str) -> bool:
    """Whether it has finished. RuntimeError where it failed."""
    status: Any = cluster.rest(f"/jobs/{job}/status")["status"]
    if status in _ENDED and status != "FINISHED":
        raise RuntimeError(f"job {job} is {status}: {cluster.rest(f'/jobs/{job}/exceptions')}")
    return bool(status == "FINISHED")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
