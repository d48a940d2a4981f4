"""`make demo`'s job on a cluster of its own: seconds, peak memory of every process, the exchange's traffic."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from examples.demo import WORDS, differences, oracle, written

from benchmarks.cluster import Cluster, new_cluster
from benchmarks.command import ROOT
from benchmarks.exchange_traffic import traffic_of
from benchmarks.procfs import tree
from benchmarks.spread import spread

PARALLELISM = 4


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """ValueError where a count is not the oracle's."""
    repeat = -(-WORDS // oracle(1).total())
    expected = oracle(repeat)
    runs = []
    for number in range(rounds):
        output = folder / f"demo-{number}"
        with new_cluster() as cluster:
            program = [str(ROOT / "examples" / "word_count.py"), "--output", str(output), "--repeat", str(repeat)]
            done = cluster.submit(PARALLELISM, [], program)
            if wrong := differences(written(output), expected):
                raise ValueError(f"{len(wrong)} counts differ: {wrong[0]}")
            memory, redis_memory = _peak_memory(cluster), cluster.redis_memory()
            runs.append((done, cluster.rest(f"/jobs/{done.job}")["duration"] / 1000, cluster.start_up.wall))
            traffic = traffic_of(cluster, done.job)
    wall = spread([done.taken.wall for done, _, _ in runs])
    return {
        "words": expected.total(),
        "wall_s": round(wall.median, 2),
        "wall_noise": round(wall.noise, 3),
        "job_s": round(spread([job for _, job, _ in runs]).median, 2),
        "cpu_s": round(spread([done.taken.cpu for done, _, _ in runs]).median, 2),
        "cluster_start_s": round(spread([start for _, _, start in runs]).median, 2),
        "peak_rss_mib": memory,
        "redis_peak_used_mib": {name: round(size / 2**20, 1) for name, size in redis_memory.items()},
        "exchange": traffic,
    }


def _peak_memory(cluster: Cluster) -> dict[str, dict[str, float]]:
    """Highest resident set by service, MiB: the largest process, and all of them together."""
    # asked again: a slot appears some time after its TaskManager
    service = {p["pid"]: _service_of(p) for p in cluster.read_status()["processes"]}
    used = {use.pid: use for use in tree(service)}
    peaks: dict[str, list[float]] = defaultdict(list)
    for use in used.values():
        pid = use.pid
        name = service.get(pid) or f"{service.get(use.parent, 'other')}'s helper"
        peaks[name].append(use.peak / 2**20)
    return {name: _summed(values) for name, values in sorted(peaks.items())}


def _service_of(process: dict[str, Any]) -> str:
    return str(process["id"] if process["service"] == "redis" else process["service"])


def _summed(values: Iterable[float]) -> dict[str, float]:
    every = list(values)
    return {"processes": len(every), "largest": round(max(every), 1), "all": round(sum(every), 1)}
