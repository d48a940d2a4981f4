"""State of a key and a window: of triggers, and `window_state()` of a ProcessWindowFunction."""

from collections.abc import Iterable
from typing import Any, NoReturn

from penstock.common.typeinfo import TypeInformation
from penstock.datastream.functions import KeyedStateStore
from penstock.datastream.state import (
    AggregatingState,
    AggregatingStateDescriptor,
    ListState,
    ListStateDescriptor,
    MapState,
    MapStateDescriptor,
    ReducingState,
    ReducingStateDescriptor,
    State,
    StateDescriptor,
    ValueState,
    ValueStateDescriptor,
)
from penstock.operators.user_function import UserFunction
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.no_key import NO_KEY
from penstock.state.states import (
    HashMapAggregatingState,
    HashMapListState,
    HashMapMapState,
    HashMapReducingState,
    HashMapValueState,
)


class WindowStates:
    """Those states of an operator's backend whose keys are (key, window); `key` is the current one.

    `prefix`: one of `penstock.state.window_namespace`.
    """

    def __init__(self, backend: HashMapKeyedStateBackend, prefix: str) -> None:
        self.key: Any = NO_KEY
        self._backend, self._prefix = backend, prefix

    def declare(self, name: str, kind: str, type_info: TypeInformation) -> None:
        """As `KeyedStateBackend.declare`."""
        self._backend.declare(self._prefix + name, kind, type_info)

    def table(self, name: str, kind: str) -> dict[Any, Any]:
        """As `KeyedStateBackend.table`."""
        return self._backend.table(self._prefix + name, kind)


class WindowStateStore(KeyedStateStore):
    """State by descriptor, of the backend's current window."""

    def __init__(self, backend: WindowStates) -> None:
        self._backend = backend
        self._states: dict[str, State] = {}

    def get(self, descriptor: StateDescriptor) -> State:
        """The state of any descriptor. TypeError for what is none; ValueError for a name in use by another kind."""
        name = descriptor.name
        found = self._states.get(name)
        if found is None or type(found) is not _CLASSES.get(type(descriptor)):
            found = self._states[name] = self._make(descriptor)
        return found

    def merge(self, descriptor: StateDescriptor, key: Any, windows: Iterable[Any], result: Any) -> None:
        """Add the state of `windows` to that of `result`. TypeError for a value or map state, which cannot merge."""
        kind = _MERGEABLE.get(type(descriptor))
        if kind is None:
            raise TypeError(f"The given state descriptor does not refer to a mergeable state: {descriptor!r}")
        state = self.get(descriptor)
        table = self._backend.table(descriptor.name, kind)
        for window in windows:
            contents = table.pop((key, window), None)
            if contents is None:
                continue
            at = key, result
            if at not in table:
                table[at] = contents
            elif isinstance(state, HashMapReducingState):
                self._backend.key = at
                state.add(contents)
            elif isinstance(descriptor, AggregatingStateDescriptor):
                table[at] = descriptor.get_agg_function().merge(table[at], contents)
            else:
                table[at].extend(contents)

    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        return self.get(state_descriptor)  # type: ignore[return-value]

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return self.get(state_descriptor)  # type: ignore[return-value]

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        return self.get(state_descriptor)  # type: ignore[return-value]

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        return self.get(state_descriptor)  # type: ignore[return-value]

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        return self.get(state_descriptor)  # type: ignore[return-value]

    def _make(self, descriptor: StateDescriptor) -> State:
        kind = _KINDS.get(type(descriptor))
        if kind is not None:
            self._backend.declare(descriptor.name, kind, descriptor.type_info)
        match descriptor:
            case ValueStateDescriptor():
                return HashMapValueState(self._backend, descriptor.name)
            case ListStateDescriptor():
                return HashMapListState(self._backend, descriptor.name)
            case MapStateDescriptor():
                return HashMapMapState(self._backend, descriptor.name)
            case ReducingStateDescriptor():
                reduce = UserFunction(_instance(descriptor.get_reduce_function()), "reduce").call
                return HashMapReducingState(self._backend, descriptor.name, reduce)
            case AggregatingStateDescriptor():
                return HashMapAggregatingState(self._backend, descriptor.name, descriptor.get_agg_function())
        raise TypeError(f"a StateDescriptor is needed, such as ValueStateDescriptor, not {descriptor!r}")


class NoWindowState(KeyedStateStore):
    """Where windows merge, there is no state of a single one."""

    def get_state(self, state_descriptor: ValueStateDescriptor) -> NoReturn:
        raise _merging()

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> NoReturn:
        raise _merging()

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> NoReturn:
        raise _merging()

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> NoReturn:
        raise _merging()

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> NoReturn:
        raise _merging()


_CLASSES: dict[type, type] = {
    ValueStateDescriptor: HashMapValueState,
    ListStateDescriptor: HashMapListState,
    MapStateDescriptor: HashMapMapState,
    ReducingStateDescriptor: HashMapReducingState,
    AggregatingStateDescriptor: HashMapAggregatingState,
}
_KINDS: dict[type, str] = {
    ValueStateDescriptor: "value",
    ListStateDescriptor: "list",
    MapStateDescriptor: "map",
    ReducingStateDescriptor: "reducing",
    AggregatingStateDescriptor: "aggregating",
}
_MERGEABLE: dict[type, str] = {
    ListStateDescriptor: "list",
    ReducingStateDescriptor: "reducing",
    AggregatingStateDescriptor: "aggregating",
}


def _instance(function: Any) -> Any:
    # PyFlink's triggers pass the class of a ReduceFunction
    return function() if isinstance(function, type) and hasattr(function, "reduce") else function


def _merging() -> RuntimeError:
    return RuntimeError("Per-window state is not allowed when using merging windows; use global_state()")
