"""OperatorSpec -> Operator: the one place that knows which class runs which spec."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from penstock.operators.async_wait import AsyncWaitOperator
from penstock.operators.batch import batch_operator
from penstock.operators.broadcast_process import BroadcastProcessOperator, KeyedBroadcastProcessOperator
from penstock.operators.cache import cache_operator
from penstock.operators.cache_spec import CachedSourceSpec, CacheSpec
from penstock.operators.co_process import CoProcessOperator, KeyedCoProcessOperator
from penstock.operators.elementwise import FilterOperator, FlatMapOperator, MapOperator
from penstock.operators.keyed_process import KeyedProcessOperator
from penstock.operators.operator import Operator
from penstock.operators.process import ProcessOperator
from penstock.operators.reduce import ReduceOperator, rolling
from penstock.operators.sink_interface import WriterContext
from penstock.operators.sinks import CollectOperator, Collector, PrintOperator, SinkOperator
from penstock.operators.sources import SourceOperator
from penstock.operators.specs import (
    AggregateSpec,
    AsyncWaitSpec,
    BroadcastProcessSpec,
    CollectSpec,
    CoProcessSpec,
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
from penstock.state.backend import KeyedStateBackend
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.selection import StateBackendChoice


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
    checkpointing: bool = False  #: commits come with checkpoints, not with the end of input
    one_key_at_a_time: bool = False
    cache_root: Path = Path("penstock-cache")  #: the folder for cached results
    state_backend: StateBackendChoice = field(default_factory=StateBackendChoice)

    @property
    def task_name_with_subtasks(self) -> str:
        """ "Map (2/4)#0": the attempt last."""
        return f"{self.task_name} ({self.subtask + 1}/{self.parallelism})#{self.attempt}"

    def writer_context(self, operator_id: str) -> WriterContext:
        """For the writer of a sink of this subtask."""
        return WriterContext(
            self.subtask, self.attempt, self.parallelism, self.job_id, operator_id, checkpointing=self.checkpointing
        )


_KEYED_MAP = {"map": MapOperator, "flat_map": FlatMapOperator, "filter": FilterOperator}
_KEYED = (KeyedMapSpec, ReduceSpec, AggregateSpec, KeyedProcessSpec)


def _is_keyed(spec: OperatorSpec) -> bool:
    return isinstance(spec, _KEYED) or bool(getattr(spec, "is_keyed", False))


def build(
    spec: OperatorSpec,
    index: int,
    name: str,
    subtask: SubtaskInfo,
    collector: Callable[[str, int], Collector],
    operator_id: str = "",
) -> tuple[Operator, KeyedStateBackend | None]:
    """The operator, and its keyed state, to be closed, where it has one. TypeError names a spec that is none."""
    if isinstance(spec, WindowSpec):
        # windows keep their contents on the heap, whatever the job's backend
        heap = HashMapKeyedStateBackend(subtask.max_parallelism)
        heap.declarations.operator = name
        return build_window_operator(index, name, spec, heap), heap
    if subtask.one_key_at_a_time:
        # as in Flink: whatever the job's backend, for there is one key at a time
        heap = HashMapKeyedStateBackend(subtask.max_parallelism)
        operator = batch_operator(spec, index, name, heap)
        if operator is not None:
            return operator, heap
    if _is_keyed(spec):
        backend = subtask.state_backend.make(subtask.max_parallelism)
        backend.declarations.operator = name
        try:
            return _build_keyed(spec, index, name, backend), backend
        except BaseException:
            backend.close()
            raise
    if isinstance(spec, SinkSpec):
        return SinkOperator(index, name, spec.sink, subtask.writer_context(operator_id)), None
    return _build_plain(spec, index, name, subtask, collector), None


def _build_keyed(spec: OperatorSpec, index: int, name: str, backend: KeyedStateBackend) -> Operator:
    match spec:
        case KeyedMapSpec():
            return _KEYED_MAP[spec.kind](index, name, spec.func, backend)
        case ReduceSpec():
            return ReduceOperator(index, name, spec.func, backend, spec.final_only)
        case AggregateSpec():
            return ReduceOperator(index, name, rolling(spec.kind, spec.position), backend, spec.final_only)
        case KeyedProcessSpec():
            return KeyedProcessOperator(index, name, spec.func, backend)
        case CoProcessSpec():
            return KeyedCoProcessOperator(index, name, spec.kind, spec.func, backend)
        case BroadcastProcessSpec():
            return KeyedBroadcastProcessOperator(index, name, spec.func, backend, spec.descriptors)
    raise TypeError(f"operator {name!r}: no operator runs a keyed {type(spec).__name__}")


def _build_plain(
    spec: OperatorSpec, index: int, name: str, subtask: SubtaskInfo, collector: Callable[[str, int], Collector]
) -> Operator:
    n, p = subtask.subtask, subtask.parallelism
    match spec:
        case CacheSpec() | CachedSourceSpec():
            return cache_operator(spec, index, name, subtask.cache_root, subtask.job_id, n, subtask.attempt)
        case SourceSpec():
            interval = subtask.watermark_interval
            return SourceOperator(
                index, name, spec.source, spec.watermark_strategy, interval, subtask.job_id, subtask.attempt
            )
        case MapSpec():
            return MapOperator(index, name, spec.func)
        case FlatMapSpec():
            return FlatMapOperator(index, name, spec.func)
        case FilterSpec():
            return FilterOperator(index, name, spec.func)
        case ProcessSpec():
            return ProcessOperator(index, name, spec.func)
        case TimestampsAndWatermarksSpec():
            return TimestampsAndWatermarksOperator(index, name, spec.strategy, subtask.watermark_interval)
        case CoProcessSpec():
            return CoProcessOperator(index, name, spec.kind, spec.func)
        case BroadcastProcessSpec():
            return BroadcastProcessOperator(index, name, spec.func, spec.descriptors)
        case AsyncWaitSpec():
            return AsyncWaitOperator(index, name, spec)
        case PrintSpec():
            return PrintOperator(index, name, spec.identifier, spec.input_type, n, p)
        case CollectSpec():
            return CollectOperator(index, name, collector(spec.collect_id, subtask.attempt), spec.input_type)
    raise TypeError(f"operator {name!r}: no operator runs a {type(spec).__name__}")
