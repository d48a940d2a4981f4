"""The latency that a subtask is drawn with. Pure."""

from penstock.coordination.rows import SubtaskMetrics


def latency(measured: SubtaskMetrics) -> dict[str, float] | None:
    """Median and 99th percentile, ms, of the operator with the longest; None where markers are off or none has come."""
    worst = max(measured.latency, key=lambda histogram: histogram.p99, default=None)
    return None if worst is None else {"median": worst.p50, "p99": worst.p99}
