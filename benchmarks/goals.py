"""The goals of the project: ratios of rates, both measured in one run."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.runners import BYTEWAX, LOCAL, LOOP, PROCESS, REDIS, SQL, THREAD


@dataclass(frozen=True, slots=True)
class Goal:
    """`runner` does at least `ratio` times the records per CPU second of `against`."""

    workload: str
    runner: str
    against: str
    ratio: float


GOALS = (
    Goal("words", LOCAL, LOOP, 0.7),
    Goal("words", LOCAL, BYTEWAX, 2),
    Goal("words", LOCAL, SQL, 1.3),
    Goal("words", REDIS, LOOP, 0.4),
    Goal("words", REDIS, BYTEWAX, 1.1),
    Goal("words", REDIS, PROCESS, 100),
    Goal("words", REDIS, THREAD, 10),
    Goal("words, other functions", LOCAL, LOOP, 0.7),
    Goal("words, other functions", REDIS, LOOP, 0.4),
    Goal("json", LOCAL, LOOP, 0.9),
    Goal("json", REDIS, LOOP, 0.8),
    Goal("window", LOCAL, LOOP, 0.6),
    Goal("window", LOCAL, BYTEWAX, 2),
    Goal("window", REDIS, LOOP, 0.35),
    Goal("window", REDIS, PROCESS, 20),
    Goal("window", REDIS, THREAD, 20),
)


def verdicts(rates: Mapping[tuple[str, str], float]) -> list[dict[str, object]]:
    """`rates`: records per CPU second by workload and runner. Goals against a peer that did not run are left out."""
    found: list[dict[str, object]] = []
    for goal in GOALS:
        own, other = rates.get((goal.workload, goal.runner)), rates.get((goal.workload, goal.against))
        if own is None or other is None:
            continue
        found.append(
            {
                "workload": goal.workload,
                "runner": goal.runner,
                "against": goal.against,
                "goal": goal.ratio,
                "ratio": round(own / other, 3),
                "met": own / other >= goal.ratio,
            }
        )
    return found
