"""What a checkpoint every second takes of the rate: word count at p=2 on a cluster, with and without, in turns."""

from pathlib import Path
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.outcome import check, summed
from benchmarks.runners import Runner
from benchmarks.spread import spread
from benchmarks.workloads import WORKLOADS, Inputs

GOAL = 0.95
_SIZES = (1_000_000, 11_000_000)
_PLAIN = Runner("none", "penstock_job.py", {"words": _SIZES}, in_memory=True)
_EVERY_SECOND = Runner(
    "a checkpoint a second",
    "penstock_job.py",
    {"words": _SIZES},
    in_memory=True,
    settings=("execution.checkpointing.interval=1s",),
)


def measure(cluster: Cluster, folder: Path, rounds: int) -> dict[str, Any]:
    """Ratios of words per CPU second and per second of the job. ValueError where a result is not the oracle's."""
    inputs, added = Inputs(folder), _SIZES[1] - _SIZES[0]
    cpu: dict[str, list[float]] = {}
    wall: dict[str, list[float]] = {}
    taken: list[int] = []
    for number in range(rounds):
        for runner in (_PLAIN, _EVERY_SECOND):
            runs = []
            for records in _SIZES:
                output = folder / f"{runner.name} {records} {number}"
                file = inputs.file(WORKLOADS["words"], records)
                runs.append(runner.run(cluster, "words", file, output))
                check(runner.name, summed(output), inputs.expected(WORKLOADS["words"], records))
            cpu.setdefault(runner.name, []).append(added / (runs[1].cpu - runs[0].cpu))
            wall.setdefault(runner.name, []).append(added / (runs[1].wall - runs[0].wall))
        taken.append(_completed(cluster))
    plain, often = _PLAIN.name, _EVERY_SECOND.name
    ratio = spread([a / b for a, b in zip(cpu[often], cpu[plain], strict=True)])
    return {
        "per_cpu_s": {name: round(spread(values).median) for name, values in cpu.items()},
        "per_wall_s": {name: round(spread(values).median) for name, values in wall.items()},
        "checkpoints": round(spread(taken).median),
        "goal": GOAL,
        "ratio": round(ratio.median, 3),
        "noise": round(ratio.noise, 3),
        "wall_ratio": round(spread([a / b for a, b in zip(wall[often], wall[plain], strict=True)]).median, 3),
    }


def _completed(cluster: Cluster) -> int:
    """Of the newest job."""
    newest = max(cluster.rest("/jobs/overview")["jobs"], key=lambda job: job["start-time"])
    return int(cluster.rest(f"/jobs/{newest['jid']}/checkpoints")["counts"]["completed"])
