"""Branches that faults must reach sometimes: counted in what services log, at no cost to them."""

from collections import Counter
from collections.abc import Callable, Iterable

from tests.chaos.harness import LogLine

Pattern = Callable[[LogLine], bool]


def _event(text: str, **fields: str) -> Pattern:
    def matches(line: LogLine) -> bool:
        return text in line.event and all(part in str(line.fields.get(key, "")) for key, part in fields.items())

    return matches


#: name -> which lines count. Those of `watch.history` come on top.
PATTERNS: dict[str, Pattern] = {
    "job led": lambda line: line.event == "leading" and "job" in line.fields,
    "leader fenced": _event("no longer leading", reason="is over"),
    "lease lost": _event("no longer leading", reason="the lease was lost"),
    "leader gave a job up": _event("no longer leading", reason="leads fewer"),
    "rows reloaded after a conflict": _event("another revision is stored"),
    "ResourceManager stepped down": _event("stepping down"),
    "ledger reloaded after a conflict": _event("the ledger was changed by another"),
    "TaskManager removed": _event("TaskManager removed"),
    "TaskManager registered": lambda line: line.event == "registered",
    "slot lost": _event("slot lost"),
    "late hint ignored": _event("hint ignored"),
    "older Redis noticed": _event("Redis came back older"),
    "older slot rows noticed": _event("rows came back older"),
    "ended job buried again": _event("the job had ended, says checkpoint storage"),
    "Redis away": _event("Redis is away"),
    "exchange connection lost": _event("exchange connection lost"),
    "effect failed": _event("an effect failed"),
    "checkpoint failed": _event("checkpoint", status="FAILED"),
    "checkpoint unusable": _event("failure", error="CheckpointUnusable"),
    "slot left with its TaskManager": _event("leaving with the TaskManager"),
    "commit had to wait": lambda line: line.fields.get("what", "") != "" and line.fields.get("level") == "warning",
}


def counted(lines: Iterable[LogLine]) -> Counter[str]:
    """How often each was reached."""
    found: Counter[str] = Counter()
    for line in lines:
        for name, matches in PATTERNS.items():
            if matches(line):
                found[name] += 1
    return found
