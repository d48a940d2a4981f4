"""The metrics of a subtask by Flink's names. Pure. Times in ms, sizes in bytes, `…PerSecond` over the last seconds."""

from typing import TypeAlias

from penstock.coordination.rows import SubtaskMetrics
from penstock.graph.job_graph import JobVertex, OperatorNode
from penstock_dispatcher.metrics.metric_names import query_name

Value: TypeAlias = int | float | str

#: Flink's, before the first watermark
NO_WATERMARK = -(2**63)


def task_metrics(measured: SubtaskMetrics) -> dict[str, Value]:
    """Of the task as a whole."""
    m = measured
    return {
        "numRecordsIn": m.records_in,
        "numRecordsOut": m.records_out,
        "numBytesIn": m.bytes_in,
        "numBytesOut": m.bytes_out,
        "numRecordsInPerSecond": m.records_in_rate,
        "numRecordsOutPerSecond": m.records_out_rate,
        "numBytesInPerSecond": m.bytes_in_rate,
        "numBytesOutPerSecond": m.bytes_out_rate,
        "busyTimeMsPerSecond": m.busy_rate,
        "backPressuredTimeMsPerSecond": m.backpressured_rate,
        "idleTimeMsPerSecond": m.idle_rate,
        "accumulateBusyTimeMs": m.busy_ms,
        "accumulateBackPressuredTimeMs": m.backpressured_ms,
        "accumulateIdleTimeMs": m.idle_ms,
        "isBackPressured": "true" if m.backpressured_rate > 0 else "false",
        "currentInputWatermark": NO_WATERMARK if m.watermark is None else m.watermark,
    }


def operator_metrics(vertex: JobVertex, measured: SubtaskMetrics) -> dict[OperatorNode, dict[str, Value]]:
    """What is counted of single operators: what the chain's head takes (a source: from outside, which as in Flink is
    not the task's), what its last one gives, and users' metrics."""
    m = measured
    found: dict[OperatorNode, dict[str, Value]] = {operator: {} for operator in vertex.operators}
    head, last = vertex.operators[0], vertex.operators[-1]
    found[head] |= {
        "numRecordsIn": m.records_in + m.records_read,
        "numRecordsInPerSecond": m.records_in_rate + m.records_read_rate,
    }
    found[last] |= {"numRecordsOut": m.records_out, "numRecordsOutPerSecond": m.records_out_rate}
    for name, value in m.user.items():
        operator = _owner(vertex, name)
        found[operator][name.removeprefix(f"{operator.name}.")] = value
    return {operator: metrics for operator, metrics in found.items() if metrics}


def _owner(vertex: JobVertex, name: str) -> OperatorNode:
    """Whose name the metric's begins with. A chain's functions may run under the name of the vertex: the head's."""
    fitting = [operator for operator in vertex.operators if name.startswith(f"{operator.name}.")]
    return max(fitting, key=lambda operator: len(operator.name), default=vertex.operators[0])


def subtask_metrics(vertex: JobVertex, measured: SubtaskMetrics | None) -> dict[str, Value]:
    """Both, operators' as `Operator_name.metric`; nothing where the attempt has not reported."""
    if measured is None:
        return {}
    of_operators = {
        query_name(f"{operator.name}.{name}"): value
        for operator, metrics in operator_metrics(vertex, measured).items()
        for name, value in metrics.items()
    }
    return {**task_metrics(measured), **of_operators}
