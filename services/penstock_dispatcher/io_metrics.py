"""The eleven I/O metrics that Flink shows of a subtask and of a vertex."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from penstock.coordination.rows import SubtaskMetrics

_COUNTED = {
    "read-bytes": "bytes_in",
    "write-bytes": "bytes_out",
    "read-records": "records_in",
    "write-records": "records_out",
}
_TIMES = {
    "accumulated-backpressured-time": "backpressured_ms",
    "accumulated-idle-time": "idle_ms",
    "accumulated-busy-time": "busy_ms",
}


def io_metrics(measured: Sequence[SubtaskMetrics | None]) -> dict[str, Any]:
    """Sums over subtasks; `…-complete`: every one of them has reported. Times in ms."""
    present = [m for m in measured if m is not None]
    complete = bool(measured) and len(present) == len(measured)
    sums: dict[str, Any] = {}
    for name, attribute in _COUNTED.items():
        sums[name] = sum(getattr(m, attribute) for m in present)
        sums[f"{name}-complete"] = complete
    for name, attribute in _TIMES.items():
        sums[name] = sum(getattr(m, attribute) for m in present)
    return sums


def aggregated_metrics(measured: Iterable[SubtaskMetrics | None]) -> dict[str, dict[str, int]]:
    """Minimum, maximum, … over the subtasks, of each metric."""
    present = [m for m in measured if m is not None]
    return {
        name: statistics([getattr(m, attribute) for m in present]) for name, attribute in (_COUNTED | _TIMES).items()
    }


def statistics(values: Sequence[int]) -> dict[str, int]:
    """Flink's seven statistics, 0 where there is nothing to count."""
    ordered = sorted(values)
    if not ordered:
        return dict.fromkeys(("min", "max", "avg", "sum", "median", "p25", "p75", "p95"), 0)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "avg": sum(ordered) // len(ordered),
        "sum": sum(ordered),
        "median": int(median(ordered)),
        "p25": _percentile(ordered, 25),
        "p75": _percentile(ordered, 75),
        "p95": _percentile(ordered, 95),
    }


def _percentile(ordered: Sequence[int], percent: int) -> int:
    """The nearest rank."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
