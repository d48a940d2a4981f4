"""Flink's summary of a statistic over checkpoints or subtasks: minimum, maximum, average, percentiles. Pure."""

from collections.abc import Iterable, Sequence

_PERCENTILES = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p999": 99.9}


def stats_summary(values: Iterable[int]) -> dict[str, int | float | str]:
    """Negative values (not known) do not count. Without a value percentiles are "NaN", as Flink's JSON has them."""
    ordered = sorted(value for value in values if value >= 0)
    if not ordered:
        return {"min": 0, "max": 0, "avg": 0, **dict.fromkeys(_PERCENTILES, "NaN")}
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "avg": sum(ordered) // len(ordered),
        **{name: _percentile(ordered, percent) for name, percent in _PERCENTILES.items()},
    }


def _percentile(ordered: Sequence[int], percent: float) -> float:
    """Interpolated between the neighbours of rank `percent` of n + 1."""
    rank = percent * (len(ordered) + 1) / 100
    if rank < 1:
        return float(ordered[0])
    if rank >= len(ordered):
        return float(ordered[-1])
    lower = int(rank)
    return ordered[lower - 1] + (rank - lower) * (ordered[lower] - ordered[lower - 1])
