"""Descriptor -> state object: the one place that knows which class serves which descriptor."""

from collections.abc import Callable
from typing import Any

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
from penstock.state.backend import KeyedStateBackend
from penstock.state.states import HashMapAggregatingState, HashMapReducingState
from penstock.state.ttl import Ttl
from penstock.state.ttl_states import (
    TtlAggregatingState,
    TtlListState,
    TtlMapState,
    TtlReducingState,
    TtlValueState,
)


class KeyedStates:
    """The states of one backend. All methods: ValueError where the name is in use for another kind or type."""

    def __init__(self, backend: KeyedStateBackend) -> None:
        self._backend = backend

    def value(self, descriptor: ValueStateDescriptor) -> ValueState[Any]:
        ttl = self._prepare(descriptor, "value")
        state = self._backend.value_state(descriptor.name)
        return state if ttl is None else TtlValueState(state, ttl)

    def list(self, descriptor: ListStateDescriptor) -> ListState[Any]:
        ttl = self._prepare(descriptor, "list")
        state = self._backend.list_state(descriptor.name)
        return state if ttl is None else TtlListState(state, ttl)

    def map(self, descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        ttl = self._prepare(descriptor, "map")
        state = self._backend.map_state(descriptor.name)
        return state if ttl is None else TtlMapState(state, ttl)

    def reducing(self, descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        ttl = self._prepare(descriptor, "reducing")
        function: Any = descriptor.get_reduce_function()
        reduce: Callable[[Any, Any], Any] = getattr(function, "reduce", function)
        if ttl is None:
            return HashMapReducingState(self._backend, descriptor.name, reduce)
        return TtlReducingState(self._backend.value_state(descriptor.name, "reducing"), reduce, ttl)

    def aggregating(self, descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        ttl = self._prepare(descriptor, "aggregating")
        function = descriptor.get_agg_function()
        if ttl is None:
            return HashMapAggregatingState(self._backend, descriptor.name, function)
        return TtlAggregatingState(self._backend.value_state(descriptor.name, "aggregating"), function, ttl)

    def _prepare(self, descriptor: StateDescriptor, kind: str) -> Ttl | None:
        name, backend = descriptor.name, self._backend
        config = descriptor._ttl_config
        ttl = Ttl(config, backend.clock) if config is not None and config.is_enabled() else None
        backend.declare(name, kind, descriptor.type_info, ttl)
        if ttl is None:
            return None
        if ttl.strategies.in_full_snapshot():
            backend.filters[name] = ttl.filter_of(kind)
        cleanup = backend.cleanup(name, kind, ttl)
        if cleanup is not None:
            ttl.on_access = cleanup
        return ttl
