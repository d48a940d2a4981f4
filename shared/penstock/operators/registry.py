"""OperatorSpec -> Operator: the one place that knows which class runs which spec."""

from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.operators.elementwise import FilterOperator, FlatMapOperator, MapOperator
from penstock.operators.keyed_process import KeyedProcessOperator
from penstock.operators.operator import Operator
from penstock.operators.process import ProcessOperator
from penstock.operators.reduce import ReduceOperator, rolling
from penstock.operators.sinks import CollectOperator, Collector, PrintOperator, SinkOperator
from penstock.operators.sources import SourceOperator
from penstock.operators.specs import (
    AggregateSpec,
    CollectSpec,
    FilterSpec,
    FlatMapSpec,
    KeyedMapSpec,
    KeyedProcessSpec,
    MapSpec,
    OperatorSpec,
    PrintSpec,
    ProcessSpec,
    ReduceSpec,
    SinkSpec,
    SourceSpec,
    TimestampsAndWatermarksSpec,
)
from penstock.operators.watermarks import TimestampsAndWatermarksOperator
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.build import build_window_operator
from penstock.state.backend import HashMapKeyedStateBackend


@dataclass(frozen=True, slots=True)
class SubtaskInfo:
    """Which subtask this is. `watermark_interval` in ms, 0: no periodic watermarks."""

    job_id: str
    job_name: str
    task_name: str
    subtask: int
    parallelism: int
    max_parallelism: int
    attempt: int = 0
    watermark_interval: int = 200
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def task_name_with_subtasks(self) -> str:
        """ "Map (2/4)#0": the attempt last."""
        return f"{self.task_name} ({self.subtask + 1}/{self.parallelism})#{self.attempt}"


_KEYED_MAP = {"map": MapOperator, "flat_map": FlatMapOperator, "filter": FilterOperator}


def build(
    spec: OperatorSpec, index: int, name: str, subtask: SubtaskInfo, collector: Callable[[str], Collector]
) -> tuple[Operator, HashMapKeyedStateBackend | None]:
    """The operator, and its keyed state where it has one. TypeError names a spec that is none."""
    backend = HashMapKeyedStateBackend(subtask.max_parallelism)
    n, p = subtask.subtask, subtask.parallelism
    match spec:
        case SourceSpec():
            interval = subtask.watermark_interval
            return SourceOperator(index, name, spec.source, spec.watermark_strategy, interval, subtask.job_id), None
        case MapSpec():
            return MapOperator(index, name, spec.func), None
        case FlatMapSpec():
            return FlatMapOperator(index, name, spec.func), None
        case FilterSpec():
            return FilterOperator(index, name, spec.func), None
        case ProcessSpec():
            return ProcessOperator(index, name, spec.func), None
        case TimestampsAndWatermarksSpec():
            return TimestampsAndWatermarksOperator(index, name, spec.strategy, subtask.watermark_interval), None
        case KeyedMapSpec():
            return _KEYED_MAP[spec.kind](index, name, spec.func, backend), backend
        case ReduceSpec():
            return ReduceOperator(index, name, spec.func, backend, spec.final_only), backend
        case AggregateSpec():
            return ReduceOperator(index, name, rolling(spec.kind, spec.position), backend, spec.final_only), backend
        case KeyedProcessSpec():
            return KeyedProcessOperator(index, name, spec.func, backend), backend
        case WindowSpec():
            return build_window_operator(index, name, spec, backend), backend
        case SinkSpec():
            return SinkOperator(index, name, spec.sink, n, subtask.attempt), None
        case PrintSpec():
            return PrintOperator(index, name, spec.identifier, spec.input_type, n, p), None
        case CollectSpec():
            return CollectOperator(index, name, collector(spec.collect_id)), None
    raise TypeError(f"operator {name!r}: no operator runs a {type(spec).__name__}")
