"""Whether the cost of a record or result stays while something grows: records, chain, keys, slides, parallelism.

In one process a job says itself what CPU it took from the opening of its sink to the end, so that start-up is out of
it, and takes turns with the same functions in a plain loop. On a cluster a long run less a short one is taken.
"""

import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.cluster import new_cluster
from benchmarks.command import JOBS, run
from benchmarks.outcome import check, summed
from benchmarks.spread import spread

Say = Callable[[str], None]
FLAT = 1.15  #: goal: growth from an axis's first point on
KEYS_GROWTH = 1.5  #: goal: growth from the fewest keys on, to that of the loop
LARGEST = 10_000_000  #: records
ROCKSDB = (512, 8)  #: MB of memory: more than all keys take, and much less than a million does
JOB, LOOP, SLIDING = "growth_job.py", "growth_loop.py", "sliding_job.py"
_KEYS = 1000
_SLIDES, _SLIDE_KEYS, _SLIDE_RECORDS = (1500, 4500), 100, 200
_CLUSTER_RECORDS = (500_000, 3_000_000)


@dataclass(frozen=True, slots=True)
class Point:
    """One place on an axis: `units` are what the cost is of, `results` and `sum` what must come out. `less`: a shorter
    run that is taken off, units and CPU."""

    axis: str
    at: int
    arguments: tuple[str, ...]
    units: int
    results: int
    sum: int
    has_loop: bool = True
    less: "Point | None" = None


def points(largest: int) -> Iterator[Point]:
    """Of all axes that need no cluster. `largest`: records."""
    records = 100_000
    while records <= largest:
        yield _counted("records", records, records, _KEYS)
        records *= 10
    for chain in (1, 2, 5, 10):
        n = 2_000_000
        arguments = ("--records", str(n), "--chain", str(chain))
        yield Point("chain", chain, arguments, n, n, n * (n - 1) // 2 + n * chain)
    for keys in (1_000, 10_000, 100_000, 1_000_000, 10_000_000):
        # each key at least twice
        yield _counted("keys", keys, max(2_000_000, 2 * keys), keys)
    for megabytes in ROCKSDB:
        for keys in (1_000, 10_000, 100_000, 1_000_000):
            point = _counted(f"keys in RocksDB, {megabytes} MB", keys, max(200_000, 2 * keys), keys)
            yield replace(point, arguments=(*point.arguments, "--rocksdb", f"{megabytes} mb"))
    for ratio in (1, 10, 100, 1000):
        short, long = (_sliding(ratio, slides) for slides in _SLIDES)
        # windows fill in the beginning and empty in the end: what lies between is the same for all ratios
        yield replace(long, less=short)


def measure(folder: Path, rounds: int, say: Say, largest: int = LARGEST) -> list[dict[str, Any]]:
    """A row for each point. ValueError where a result is not what it must be."""
    every = list(points(largest))
    costs: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for point in every:
            for program in (SLIDING,) if not point.has_loop else (LOOP, JOB):
                cost = _cost(folder, program, point)
                costs[point.axis, point.at, program].append(cost)
                say(f"growth, {point.axis} {point.at:,}, {program}: {cost:.3f} µs CPU")
    rows = [_row(point, costs) for point in every]
    rows += _of_cluster(folder, rounds, say)
    return _judged(rows)


def _counted(axis: str, at: int, records: int, keys: int) -> Point:
    """Running counts: 1, 2, … of each key, and of some one more."""
    each, more = divmod(records, keys)
    total = keys * each * (each + 1) // 2 + more * (each + 1)
    return Point(axis, at, ("--records", str(records), "--keys", str(keys)), records, records, total)


def _sliding(ratio: int, slides: int) -> Point:
    results = (slides + ratio - 1) * _SLIDE_KEYS
    arguments = ("--slides", str(slides), "--ratio", str(ratio))
    return Point("size / slide", ratio, arguments, results, results, slides * _SLIDE_RECORDS * ratio, False)


def _cost(folder: Path, program: str, point: Point) -> float:
    """µs of CPU a unit."""
    cpu, units = _once(folder, program, point), point.units
    if point.less is not None:
        cpu, units = cpu - _once(folder, program, point.less), units - point.less.units
    return 1e6 * cpu / units


def _once(folder: Path, program: str, point: Point) -> float:
    """CPU seconds."""
    output = Path(tempfile.mkdtemp(dir=folder))
    run([sys.executable, str(JOBS / program), *point.arguments, "--output", str(output)])
    found = _checked(output, point)
    shutil.rmtree(output)
    return found


def _checked(output: Path, point: Point) -> float:
    found = summed(output)
    cpu = found.pop("cpu")
    check(f"{point.axis} {point.at}", found, {"results": point.results, "sum": point.sum})
    return cpu


def _row(point: Point, costs: dict[tuple[str, int, str], list[float]]) -> dict[str, Any]:
    own = spread(costs[point.axis, point.at, JOB if point.has_loop else SLIDING])
    row = {
        "axis": point.axis,
        "at": point.at,
        "us_cpu": round(own.median, 4),
        "noise": round(own.noise, 3),
        "rounds": list(own.values),
    }
    if point.has_loop:
        row["loop_us_cpu"] = round(spread(costs[point.axis, point.at, LOOP]).median, 4)
    return row


def _of_cluster(folder: Path, rounds: int, say: Say) -> list[dict[str, Any]]:
    """By parallelism, all records through Redis; CPU of client, services and Redises. The loop: so many at once, which
    says what processes that share cores and caches cost by themselves."""
    costs: dict[int, list[float]] = defaultdict(list)
    loops: dict[int, list[float]] = defaultdict(list)
    short, long = _CLUSTER_RECORDS
    with new_cluster(taskmanagers=4) as cluster:
        for _ in range(rounds):
            for parallelism in (1, 2, 4, 8):
                used = []
                for records in (short, long):
                    point = _counted("parallelism", parallelism, records, _KEYS)
                    output = Path(tempfile.mkdtemp(dir=folder))
                    program = [str(JOBS / JOB), *point.arguments, "--output", str(output)]
                    options = ["-D", "penstock.exchange.in-memory-channels=false"]
                    used.append(cluster.submit(parallelism, options, program).taken.cpu)
                    _checked(output, point)
                    shutil.rmtree(output)
                costs[parallelism].append(1e6 * (used[1] - used[0]) / (long - short))
                loops[parallelism].append(1e6 * _loops(folder, parallelism, long // parallelism) / long)
                say(f"growth, parallelism {parallelism}: {costs[parallelism][-1]:.3f} µs CPU")
    rows = []
    for parallelism, values in costs.items():
        own = spread(values)
        cost = {"us_cpu": round(own.median, 4), "noise": round(own.noise, 3), "rounds": list(own.values)}
        cost["loop_us_cpu"] = round(spread(loops[parallelism]).median, 4)
        rows.append({"axis": "parallelism", "at": parallelism, **cost})
    return rows


def _loops(folder: Path, copies: int, records: int) -> float:
    """CPU seconds of so many plain loops side by side, each of so many records."""
    output = Path(tempfile.mkdtemp(dir=folder))
    point = _counted("parallelism", copies, records, _KEYS)
    run([sys.executable, str(JOBS / LOOP), *point.arguments, "--output", str(output / "{copy}")], copies)
    found = sum(_checked(output / str(copy), point) for copy in range(copies))
    shutil.rmtree(output)
    return found


def _judged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the growth from each axis's first point on, the loop's own, and what counts: a longer chain calls more
    functions, so its cost is taken to the loop's, as is that of more keys. RocksDB has no goal: it is on disk."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        start = first.setdefault(row["axis"], row)
        growth = row["us_cpu"] / start["us_cpu"]
        loop = row["loop_us_cpu"] / start["loop_us_cpu"] if "loop_us_cpu" in row else None
        relative = growth / loop if loop is not None and row["axis"] in ("chain", "keys") else growth
        goal = _goal(row["axis"])
        row.update(growth=round(growth, 3), loop_growth=None if loop is None else round(loop, 3))
        row.update(counts=round(relative, 3), goal=goal, met=None if goal is None else relative <= goal)
    return rows


def _goal(axis: str) -> float | None:
    if "RocksDB" in axis:
        return None
    return KEYS_GROWTH if axis == "keys" else FLAT
