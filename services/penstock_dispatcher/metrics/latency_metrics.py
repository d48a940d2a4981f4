"""Latencies of operators by Flink's names. Pure. In ms."""

from collections.abc import Iterator, Mapping

from penstock.coordination.rows import ExecutionRow, LatencyHistogram
from penstock.service.exposition import Families
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.metrics.task_metrics import Value

#: of a histogram in REST: Flink's suffix -> field of `LatencyHistogram`
_SUFFIXES = {
    "count": "count",
    "min": "min",
    "max": "max",
    "mean": "mean",
    "median": "p50",
    "stddev": "stddev",
    "p75": "p75",
    "p90": "p90",
    "p95": "p95",
    "p98": "p98",
    "p99": "p99",
    "p999": "p999",
}
#: of a histogram in Prometheus: label -> field
_QUANTILES = {"0.5": "p50", "0.75": "p75", "0.95": "p95", "0.98": "p98", "0.99": "p99", "0.999": "p999"}
_PROMETHEUS = "flink_taskmanager_job_latency"


def latencies(view: JobView) -> Iterator[tuple[ExecutionRow, LatencyHistogram]]:
    """Of all subtasks' current attempts."""
    for vertex in view.graph.vertices:
        for row in view.attempts(vertex):
            measured = view.measured(row)
            for histogram in measured.latency if measured is not None else ():
                yield row, histogram


def latency_metrics(view: JobView) -> dict[str, Value]:
    """Of the job, as in Flink: `latency.source_id.<id>.operator_id.<id>.operator_subtask_index.<n>.latency_p99`."""
    found: dict[str, Value] = {}
    for row, histogram in latencies(view):
        scope = ".".join(f"{key}.{value}" for key, value in _scope(row, histogram).items())
        for suffix, name in _SUFFIXES.items():
            found[f"latency.{scope}.latency_{suffix}"] = getattr(histogram, name)
    return found


def add_latencies(families: Families, view: JobView, job: Mapping[str, str]) -> None:
    """Flink's reporter makes the scope labels, and its keys part of the name."""
    for row, histogram in latencies(view):
        scope = _scope(row, histogram)
        name = "_".join((_PROMETHEUS, *scope, "latency"))
        host = (row.endpoint or "").partition(":")[0]
        labels = {**job, **scope, "tm_id": row.taskmanager or "", "host": host}
        families.summary(
            name,
            "How long latency markers were under way, ms.",
            labels,
            {quantile: getattr(histogram, field) for quantile, field in _QUANTILES.items()},
            histogram.count,
        )


def _scope(row: ExecutionRow, histogram: LatencyHistogram) -> dict[str, str]:
    scope = {"source_id": histogram.source} if histogram.source else {}
    if histogram.source_subtask is not None:
        scope["source_subtask_index"] = str(histogram.source_subtask)
    return {**scope, "operator_id": histogram.operator, "operator_subtask_index": str(row.subtask)}
