"""Broadcast state: a dict a descriptor, the same in every subtask because every one sees the same broadcast records."""

from collections.abc import Sequence
from typing import Any

from penstock.checkpoint.handles import StateMeta
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.state import BroadcastState, MapStateDescriptor, OperatorStateStore, ReadOnlyBroadcastState
from penstock.state.declarations import compatible
from penstock.state.frozen_items import FrozenItems
from penstock.state.pickling import dumps
from penstock.state.snapshot import ListSnapshot, RestoredOperator

#: of a broadcast state in a checkpoint
KIND = "broadcast"


class MapReadOnlyBroadcastState(ReadOnlyBroadcastState[Any, Any]):
    __slots__ = ("_entries",)

    def __init__(self, entries: dict[Any, Any]) -> None:
        self._entries = entries

    def get(self, key: Any) -> Any:
        return self._entries.get(key)

    def contains(self, key: Any) -> bool:
        return key in self._entries

    # copies: a generator over the state must not see what is put or removed meanwhile
    def items(self) -> list[tuple[Any, Any]]:
        return list(self._entries.items())

    def keys(self) -> list[Any]:
        return list(self._entries)

    def values(self) -> list[Any]:
        return list(self._entries.values())

    def is_empty(self) -> bool:
        return not self._entries

    def clear(self) -> None:
        """RuntimeError: subtasks would come to differ."""
        raise RuntimeError("broadcast state can only be cleared in process_broadcast_element(): here it is read-only")


class MapBroadcastState(MapReadOnlyBroadcastState, BroadcastState[Any, Any]):
    __slots__ = ()

    def put(self, key: Any, value: Any) -> None:
        self._entries[key] = value

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        self._entries.update(dict_value)

    def remove(self, key: Any) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()


class BroadcastStateStore(OperatorStateStore):
    """The states of one operator; `descriptors` are those given to `broadcast(…)`."""

    def __init__(self, descriptors: Sequence[MapStateDescriptor]) -> None:
        self._types: dict[str, TypeInformation] = {}
        for descriptor in descriptors:
            known = self._types.setdefault(descriptor.name, descriptor.type_info)
            if known != descriptor.type_info:
                raise ValueError(
                    f"broadcast state {descriptor.name!r} is described twice, as {known!r} and as "
                    f"{descriptor.type_info!r}: give one of them another name"
                )
        self._unclaimed: dict[str, ListSnapshot] = {}
        self._entries: dict[str, dict[Any, Any]] = {name: {} for name in self._types}
        self._states = {name: MapBroadcastState(entries) for name, entries in self._entries.items()}
        self._views = {name: MapReadOnlyBroadcastState(entries) for name, entries in self._entries.items()}

    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        """ValueError for a descriptor that was not given to `broadcast(…)`, or with another type."""
        return self._states[self._known(state_descriptor)]

    def read_only(self, state_descriptor: MapStateDescriptor) -> ReadOnlyBroadcastState[Any, Any]:
        """The same for the other side."""
        return self._views[self._known(state_descriptor)]

    def _known(self, descriptor: MapStateDescriptor) -> str:
        known = self._types.get(descriptor.name)
        if known is None:
            names = ", ".join(repr(name) for name in self._types)
            raise ValueError(
                f"there is no broadcast state {descriptor.name!r}: broadcast(…) was given {names}; check the name, or "
                "give the descriptor to broadcast(…) too"
            )
        if known != descriptor.type_info:
            raise ValueError(
                f"broadcast state {descriptor.name!r} has the type {known!r}; the descriptor with "
                f"{descriptor.type_info!r} needs another name"
            )
        return descriptor.name

    def snapshot(self, operator: str) -> dict[str, ListSnapshot]:
        """State -> its entries as of now, the same in every subtask. StateNotPicklable."""
        lists = dict(self._unclaimed)
        for name, entries in self._entries.items():
            items = FrozenItems(entries.items(), f"operator {operator!r}: broadcast state {name!r}")
            type_info = self._types[name]
            meta = StateMeta(kind=KIND, type_info=repr(type_info), schema=dumps(type_info))
            lists[name] = ListSnapshot("broadcast", items, meta)
        return lists

    def restore(self, operator: str, restored: RestoredOperator) -> None:
        """What the program no longer describes is kept for later snapshots. StateMigrationError."""
        for name, items in restored.lists.items():
            meta = restored.list_states.get(name)
            if name in self._entries:
                entries = dict(items)
                if meta is not None:
                    convert = compatible(operator, name, meta, KIND, self._types[name])
                    entries = entries if convert is None else convert(entries)
                self._entries[name].clear()
                self._entries[name].update(entries)
            elif meta is not None and meta.kind == KIND:
                self._unclaimed[name] = ListSnapshot("broadcast", items, meta)
