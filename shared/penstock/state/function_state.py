"""What stands behind a CheckpointedFunction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.checkpoint.handles import Redistribution, StateMeta
from penstock.datastream.checkpointed_function import (
    CheckpointedFunction,
    FunctionInitializationContext,
    FunctionSnapshotContext,
    OperatorListStateStore,
)
from penstock.datastream.state import ListState, ListStateDescriptor
from penstock.state.declarations import compatible
from penstock.state.frozen_items import FrozenItems
from penstock.state.pickling import dumps
from penstock.state.snapshot import ListSnapshot, RestoredOperator

#: of such states in a checkpoint
KIND = "operator list"


class OperatorListState(ListState[Any]):
    __slots__ = ("items",)

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.items = list(items)

    def get(self) -> list[Any]:
        return list(self.items)

    def add(self, value: Any) -> None:
        self.items.append(value)

    def add_all(self, values: Iterable[Any]) -> None:
        self.items.extend(values)

    def update(self, values: Iterable[Any]) -> None:
        self.items = list(values)

    def clear(self) -> None:
        self.items = []


@dataclass(frozen=True, slots=True)
class _Declared:
    redistribution: Redistribution
    descriptor: ListStateDescriptor
    state: OperatorListState


class FunctionState(OperatorListStateStore, FunctionInitializationContext, FunctionSnapshotContext):
    """Of one function in one subtask; does nothing for one that is no CheckpointedFunction. `operator`: its name."""

    def __init__(self, operator: str, function: Any) -> None:
        self._operator = operator
        self._function = function if isinstance(function, CheckpointedFunction) else None
        self._restored: RestoredOperator | None = None
        self._declared: dict[str, _Declared] = {}
        self._checkpoint = 0

    # -- what the operator calls -------------------------------------------------------------------------------------

    def restore(self, restored: RestoredOperator) -> None:
        if self._function is not None and restored.subtasks:
            self._restored = restored

    def initialize(self) -> None:
        """Before the function is opened."""
        if self._function is not None:
            self._function.initialize_state(self)

    def snapshot(self, checkpoint: int) -> Mapping[str, ListSnapshot]:
        """StateNotPicklable, and whatever the function raises."""
        if self._function is None:
            return {}
        self._checkpoint = checkpoint
        self._function.snapshot_state(self)
        return {name: self._of_state(name, declared) for name, declared in self._declared.items()}

    # -- what the function calls -------------------------------------------------------------------------------------

    def is_restored(self) -> bool:
        return self._restored is not None

    def get_checkpoint_id(self) -> int:
        return self._checkpoint

    def get_operator_state_store(self) -> OperatorListStateStore:
        return self

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return self._get(state_descriptor, "split")

    def get_union_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        return self._get(state_descriptor, "union")

    # -- inside ------------------------------------------------------------------------------------------------------

    def _get(self, descriptor: ListStateDescriptor, redistribution: Redistribution) -> ListState[Any]:
        name = descriptor.name
        known = self._declared.get(name)
        if known is None:
            known = _Declared(redistribution, descriptor, OperatorListState(self._items(descriptor)))
            self._declared[name] = known
        if known.redistribution != redistribution or known.descriptor.type_info != descriptor.type_info:
            raise ValueError(
                f"operator {self._operator!r}: state {name!r} is a {known.redistribution} list of "
                f"{known.descriptor.type_info!r} already; give the other one another name"
            )
        return known.state

    def _items(self, descriptor: ListStateDescriptor) -> list[Any]:
        name, restored = descriptor.name, self._restored
        items = [] if restored is None else restored.lists.get(name, [])
        meta = None if restored is None else restored.list_states.get(name)
        if meta is not None:
            convert = compatible(self._operator, name, meta, KIND, descriptor.type_info)
            items = items if convert is None else convert(items)
        return items

    def _of_state(self, name: str, declared: _Declared) -> ListSnapshot:
        type_info = declared.descriptor.type_info
        items = FrozenItems(declared.state.items, f"operator {self._operator!r}: state {name!r}")
        meta = StateMeta(kind=KIND, type_info=repr(type_info), schema=dumps(type_info))
        return ListSnapshot(declared.redistribution, items, meta)
