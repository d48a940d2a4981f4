"""What the workloads must give, computed with plain Python over the same numbers."""

from collections import Counter, defaultdict
from typing import Any

from tests.chaos.workloads.program import record

_WINDOW = 1000  #: ms


def expected(settings: dict[str, Any], limit: int) -> dict[str, Counter[str]]:
    """Output name -> how often each line is to be there, of all numbers below the limit."""
    records = [record(number, settings["keys"], settings["hot"]) for number in range(limit)]
    match settings["workload"]:
        case "counts":
            return {"lines": _totals(records), "windows": _windows(records)}
        case "join":
            return {"lines": Counter(f"{number}" for number, _, _ in records)}
        case _:
            return {"lines": Counter(f"{key},{number}" for number, key, _ in records)}


def _totals(records: list[tuple[int, int, int]]) -> Counter[str]:
    lines: Counter[str] = Counter()
    sums: dict[int, tuple[int, int]] = {}
    for number, key, _ in records:
        count, total = sums.get(key, (0, 0))
        sums[key] = count + 1, total + number
        lines[f"{key},{count + 1},{total + number}"] += 1
    return lines


def _windows(records: list[tuple[int, int, int]]) -> Counter[str]:
    windows: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, key, time in records:
        windows[key, time - time % _WINDOW].append(number)
    return Counter(f"{key},{start},{len(numbers)},{sum(numbers)}" for (key, start), numbers in windows.items())
