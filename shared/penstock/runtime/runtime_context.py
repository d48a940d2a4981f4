"""RuntimeContext of one operator in one subtask."""

from collections.abc import Callable
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
    ValueState,
    ValueStateDescriptor,
)
from penstock.operators.registry import SubtaskInfo
from penstock.operators.user_function import UserFunction
from penstock.state.backend import HashMapKeyedStateBackend
from penstock.state.states import (
    HashMapAggregatingState,
    HashMapListState,
    HashMapMapState,
    HashMapReducingState,
    HashMapValueState,
)


class SubtaskRuntimeContext(RuntimeContext):
    """`backend`: the operator's keyed state, None where its input has no key."""

    def __init__(self, subtask: SubtaskInfo, backend: HashMapKeyedStateBackend | None) -> None:
        self._subtask, self._backend = subtask, backend

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

    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        return HashMapValueState(self._keyed(state_descriptor.name), state_descriptor.name)

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return HashMapListState(self._keyed(state_descriptor.name), state_descriptor.name)

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        return HashMapMapState(self._keyed(state_descriptor.name), state_descriptor.name)

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        reduce: Callable[[Any, Any], Any] = UserFunction(state_descriptor.get_reduce_function(), "reduce").call
        return HashMapReducingState(self._keyed(state_descriptor.name), state_descriptor.name, reduce)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        function = state_descriptor.get_agg_function()
        return HashMapAggregatingState(self._keyed(state_descriptor.name), state_descriptor.name, function)

    def _keyed(self, name: str) -> HashMapKeyedStateBackend:
        if self._backend is None:
            raise RuntimeError(
                f"state {name!r} of {self._subtask.task_name!r} needs a key: use the function behind key_by(…)"
            )
        return self._backend
