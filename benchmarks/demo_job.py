"""`make demo`'s job on a cluster of its own: seconds, peak memory of every process, the exchange's traffic."""

from pathlib import Path
from typing import Any

from examples.demo import WORDS, differences, oracle, written

from benchmarks.cluster import new_cluster
from benchmarks.command import ROOT
from benchmarks.exchange_traffic import traffic_of
from benchmarks.peak_memory import PeakMemory
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
            with PeakMemory(cluster) as peak:
                done = cluster.submit(PARALLELISM, [], program)
            if wrong := differences(written(output), expected):
                raise ValueError(f"{len(wrong)} counts differ: {wrong[0]}")
            memory, redis_memory = peak.by_service(), cluster.redis_memory()
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
