"""From submission to the first record at the sink, and what happens in between, by the services' own logs."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.command import JOBS
from benchmarks.jobs_log import log_lines, time_of
from benchmarks.spread import spread

PARALLELISM = 4
_CLIENT = "`penstock run` is called"
_SUBMIT = "main() calls execute()"
_END = "the last subtask's first record"
#: what a step ends with: (its name, the log's event, what else the line says, the first or last such line)
_STEPS: tuple[tuple[str, str, dict[str, str], Callable[[Iterable[float]], float]], ...] = (
    ("a JobMaster has the lease", "leading", {}, min),
    ("slots are requested", "job", {"state": "CREATED"}, min),
    ("the last slot is offered", "slot offered", {}, max),
    ("the last slot process has its claim", "slot claimed", {}, max),
    ("input logs exist, Deploy is committed", "job", {"state": "RUNNING"}, min),
    ("the first task runs", "task state", {"state": "RUNNING"}, min),
    ("the last task runs", "task state", {"state": "RUNNING"}, max),
)


def measure(cluster: Cluster, folder: Path, jobs: int) -> dict[str, Any]:
    """Medians in ms. `steps`: when each was reached, counted from the call of `execute()`."""
    found = [_one(cluster, folder / f"latency-{number}") for number in range(jobs + 1)][1:]
    names = sorted(found[0], key=lambda name: spread([times[name] for times in found]).median)
    total = spread([times["the first record"] for times in found])
    return {
        "jobs": jobs,
        "p50_ms": round(total.median, 1),
        "least_ms": round(min(total.values), 1),
        "most_ms": round(max(total.values), 1),
        "steps": {name: round(spread([times[name] for times in found]).median, 1) for name in names},
    }


def _one(cluster: Cluster, output: Path) -> dict[str, float]:
    """Name of a step -> ms since the submission."""
    done = cluster.submit(PARALLELISM, [], [str(JOBS / "first_record.py"), "--output", str(output)])
    times = {file.name: int(file.read_text()) / 1e9 for file in output.iterdir()}
    begin = times.pop("submitting")
    reached = {_CLIENT: done.taken.began, _SUBMIT: begin, "the first record": min(times.values())}
    reached[_END] = max(times.values())
    stored = cluster.rest(f"/jobs/{done.job}")["timestamps"]["INITIALIZING"]
    reached["the dispatcher has stored the job"] = stored / 1000
    lines = log_lines(cluster, done.job)
    for name, event, content, pick in _STEPS:
        reached[name] = pick(time_of(x) for x in lines if x["event"] == event and content.items() <= x.items())
    reached["the job is FINISHED"] = max(time_of(x) for x in lines if x["event"] == "job" and x["state"] == "FINISHED")
    reached["`penstock run` returns"] = done.taken.began + done.taken.wall
    return {name: (time - begin) * 1000 for name, time in reached.items()}
