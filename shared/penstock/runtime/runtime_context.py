"""RuntimeContext of one operator in one subtask."""

from typing import Any

from penstock.datastream.functions import RuntimeContext
from penstock.datastream.state import (
    AggregatingState,
    AggregatingStateDescriptor,
    ListState,
    ListStateDescriptor,
    MapState,
    MapStateDescriptor,
    ReducingState,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueState,
    ValueStateDescriptor,
)
from penstock.metrics import MetricGroup
from penstock.operators.registry import SubtaskInfo
from penstock.runtime.metrics import MetricRegistry
from penstock.state.backend import KeyedStateBackend
from penstock.state.keyed_states import KeyedStates


class SubtaskRuntimeContext(RuntimeContext):
    """`backend`: the operator's keyed state, None where its input has no key. `metrics`: the operator's group."""

    def __init__(
        self, subtask: SubtaskInfo, backend: KeyedStateBackend | None, metrics: MetricGroup | None = None
    ) -> None:
        self._subtask = subtask
        self._states = None if backend is None else KeyedStates(backend)
        self._metrics = MetricRegistry().group(subtask.task_name) if metrics is None else metrics

    def get_task_name(self) -> str:
        return self._subtask.task_name

    def get_number_of_parallel_subtasks(self) -> int:
        return self._subtask.parallelism

    def get_max_number_of_parallel_subtasks(self) -> int:
        return self._subtask.max_parallelism

    def get_index_of_this_subtask(self) -> int:
        return self._subtask.subtask

    def get_attempt_number(self) -> int:
        return self._subtask.attempt

    def get_task_name_with_subtasks(self) -> str:
        return self._subtask.task_name_with_subtasks

    def get_job_parameter(self, key: str, default_value: str) -> str:
        return self._subtask.parameters.get(key, default_value)

    def get_metrics_group(self) -> MetricGroup:
        return self._metrics

    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        return self._keyed(state_descriptor).value(state_descriptor)

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return self._keyed(state_descriptor).list(state_descriptor)

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        return self._keyed(state_descriptor).map(state_descriptor)

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        return self._keyed(state_descriptor).reducing(state_descriptor)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        return self._keyed(state_descriptor).aggregating(state_descriptor)

    def _keyed(self, descriptor: StateDescriptor) -> KeyedStates:
        if self._states is None:
            raise RuntimeError(
                f"state {descriptor.name!r} of {self._subtask.task_name!r} needs a key: use the function behind "
                "key_by(…)"
            )
        return self._states
