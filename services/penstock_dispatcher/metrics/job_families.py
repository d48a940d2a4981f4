"""A job's metrics for Prometheus, under the names that Flink's own reporter gives them. Pure."""

from collections.abc import Mapping

from penstock.coordination.rows import ExecutionRow
from penstock.graph.job_graph import JobVertex
from penstock.service.exposition import Families
from penstock_dispatcher.checkpoint_json import checkpoint_duration
from penstock_dispatcher.job_metrics import job_metrics
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.metrics.latency_metrics import add_latencies
from penstock_dispatcher.metrics.log_sizes import Sizes
from penstock_dispatcher.metrics.metric_names import prometheus_name
from penstock_dispatcher.metrics.task_metrics import Value, operator_metrics, task_metrics
from penstock_dispatcher.stats_summary import stats_summary

_JOB, _TASK = "flink_jobmanager_job", "flink_taskmanager_job_task"
_OPERATOR = f"{_TASK}_operator"
#: of `stats_summary` -> Prometheus' label
_QUANTILES = {"p50": "0.5", "p95": "0.95", "p99": "0.99"}


def add_job(families: Families, view: JobView, sizes: Sizes) -> None:
    """All of one job."""
    labels = {"job_id": view.row.job, "job_name": view.row.name}
    for name, value in job_metrics(view).items():
        _add(families, prometheus_name(_JOB, name), labels, value)
    _add_checkpoints(families, view, labels)
    families.gauge("penstock_job_generation", "How often its tasks were made anew.", labels, view.row.generation)
    families.gauge("penstock_job_takeovers", "Takeovers by another jobmanager.", labels, view.row.takeovers)
    for vertex in view.graph.vertices:
        for row in view.attempts(vertex):
            _add_task(families, view, vertex, row, labels)
    add_latencies(families, view, labels)
    names = {vertex.id: vertex.name for vertex in view.graph.vertices}
    for (vertex_id, subtask), (entries, size) in sizes.items():
        log = {**labels, "task_id": vertex_id, "task_name": names[vertex_id], "subtask_index": str(subtask)}
        families.gauge("penstock_input_log_entries", "Entries of a subtask's input log.", log, entries)
        families.gauge("penstock_input_log_bytes", "Memory of a subtask's input log in Redis.", log, size)


def _add_task(families: Families, view: JobView, vertex: JobVertex, row: ExecutionRow, job: Mapping[str, str]) -> None:
    measured = view.measured(row)
    if measured is None:
        return
    labels = {
        **job,
        "task_id": vertex.id,
        "task_name": vertex.name,
        "task_attempt_id": f"{vertex.id}_{row.subtask}_{row.attempt}",
        "task_attempt_num": str(row.attempt),
        "subtask_index": str(row.subtask),
        "tm_id": row.taskmanager or "",
        "host": (row.endpoint or "").partition(":")[0],
    }
    for name, value in task_metrics(measured).items():
        _add(families, prometheus_name(_TASK, name), labels, value)
    families.counter(
        "penstock_task_credit_wait_milliseconds", "Time spent waiting for credit.", labels, measured.backpressured_ms
    )
    for operator, metrics in operator_metrics(vertex, measured).items():
        own = {**labels, "operator_id": operator.id, "operator_name": operator.name}
        for name, value in metrics.items():
            _add(families, prometheus_name(_OPERATOR, name), own, value)


def _add_checkpoints(families: Families, view: JobView, job: Mapping[str, str]) -> None:
    """Of those that are remembered."""
    completed = view.checkpoints.completed
    durations = stats_summary(checkpoint_duration(row) for row in completed)
    sizes = stats_summary(row.size for row in completed)
    for key, quantile in _QUANTILES.items():
        labels = {**job, "quantile": quantile}
        _add(families, "penstock_checkpoint_duration_milliseconds", labels, durations[key])
        _add(families, "penstock_checkpoint_size_bytes", labels, sizes[key])


def _add(families: Families, name: str, labels: Mapping[str, str], value: Value) -> None:
    """Text has no place in Prometheus, but for what says yes or no."""
    if value in ("true", "false"):
        value = int(value == "true")
    if not isinstance(value, str):
        families.gauge(
            name, "As in Flink." if name.startswith("flink_") else "Of completed checkpoints.", labels, value
        )
