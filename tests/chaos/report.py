"""Outcomes as a table by scenario: recovery beside its target, lost and doubled, the seeds to repeat failures."""

import json
import math
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.chaos.outcome import Outcome
from tests.chaos.scenario import Scenario

_HEAD = (
    "scenario",
    "runs",
    "recovery p50",
    "p99",
    "target p50 / p99",
    "met",
    "longest gap",
    "lost",
    "doubled",
    "failed seeds",
)


_MET = {True: "yes", False: "no", None: "-"}


def percentile(values: Sequence[float], share: float) -> float | None:
    """By nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def summary(outcomes: Iterable[Outcome], scenarios: Mapping[str, Scenario]) -> list[dict[str, Any]]:
    """One row a scenario, in the order in which they were first run."""
    by_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.scenario, []).append(outcome)
    return [_row(name, runs, scenarios.get(name)) for name, runs in by_name.items()]


def _row(name: str, runs: list[Outcome], scenario: Scenario | None) -> dict[str, Any]:
    recoveries = [seconds for run in runs for seconds in run.recoveries]
    counts: Counter[str] = sum((run.counts for run in runs), Counter())
    gaps = [gap for run in runs for gap in run.gaps]
    target = scenario.target if scenario else None
    p50, p99 = percentile(recoveries, 0.5), percentile(recoveries, 0.99)
    return {
        "scenario": name,
        "runs": len(runs),
        "recovery_p50": p50,
        "recovery_p99": p99,
        "target": str(target) if target else None,
        "met": target.is_met(p50, p99) if target and p50 is not None and p99 is not None else None,
        "longest_gap": max(gaps, default=None),
        "lost": sum(run.lost for run in runs),
        "doubled": sum(run.doubled for run in runs),
        "restarts": sum(run.restarts for run in runs),
        "failed_seeds": [run.seed for run in runs if run.problems],
        "problems": [problem for run in runs for problem in run.problems],
        "never_reached": [counter for counter in (scenario.reached if scenario else ()) if not counts[counter]],
        "recoveries": recoveries,
    }


def never_reached(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Branches that no run of a scenario reached that is there to reach them."""
    return [f"{row['scenario']}: {name}" for row in rows for name in row["never_reached"]]


def markdown(rows: Sequence[Mapping[str, Any]], counts: Mapping[str, int], load: str) -> str:
    """The table, the counters, the load of the machine."""
    lines = ["| " + " | ".join(_HEAD) + " |", "|" + "---|" * len(_HEAD)]
    for row in rows:
        seeds = ", ".join(map(str, row["failed_seeds"])) or "-"
        cells = [
            row["scenario"],
            row["runs"],
            _seconds(row["recovery_p50"]),
            _seconds(row["recovery_p99"]),
            row["target"] or "-",
            _MET[row["met"]],
            _seconds(row["longest_gap"]),
            row["lost"],
            row["doubled"],
            seeds,
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", "Reached: " + ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) + ".", "", load, ""]
    return "\n".join(lines)


def load_now() -> str:
    """What else the machine does."""
    one, five, fifteen = os.getloadavg()
    return f"{os.cpu_count()} CPUs, load {one:.1f} / {five:.1f} / {fifteen:.1f} over 1 / 5 / 15 min"


def write(folder: Path, outcomes: Sequence[Outcome], scenarios: Mapping[str, Scenario], harness: str, load: str) -> str:
    """`chaos.json` and `chaos.md` into the folder; the Markdown."""
    rows = summary(outcomes, scenarios)
    counts: Counter[str] = sum((outcome.counts for outcome in outcomes), Counter())
    text = markdown(rows, counts, load)
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "harness": harness,
        "load": load,
        "scenarios": rows,
        "reached": dict(sorted(counts.items())),
    }
    (folder / "chaos.json").write_text(json.dumps(document, indent=2) + "\n")
    (folder / "chaos.md").write_text(text)
    return text


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
