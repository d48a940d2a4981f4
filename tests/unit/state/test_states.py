from typing import Any

import pytest

from penstock.common.typeinfo import Types
from penstock.datastream.functions import AggregateFunction
from penstock.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from penstock.graph.key_groups import key_group, key_group_range
from penstock.operators.registry import SubtaskInfo
from penstock.runtime.runtime_context import SubtaskRuntimeContext
from penstock.state.handover import hand_over
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.snapshot import OperatorSnapshot

INT = Types.INT()


class Average(AggregateFunction):
    def create_accumulator(self) -> Any:
        return (0, 0)

    def add(self, value: Any, accumulator: Any) -> Any:
        return (accumulator[0] + value, accumulator[1] + 1)

    def get_result(self, accumulator: Any) -> Any:
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        return (acc_a[0] + acc_b[0], acc_a[1] + acc_b[1])


@pytest.fixture
def backend() -> HashMapKeyedStateBackend:
    backend = HashMapKeyedStateBackend(128)
    backend.key = "a"
    return backend


@pytest.fixture
def context(backend: HashMapKeyedStateBackend) -> SubtaskRuntimeContext:
    return SubtaskRuntimeContext(SubtaskInfo("0" * 32, "job", "task", 0, 1, 128), backend)


def test_value_state(context: SubtaskRuntimeContext, backend: HashMapKeyedStateBackend) -> None:
    state = context.get_state(ValueStateDescriptor("v", INT))
    assert state.value() is None
    state.update(1)
    backend.key = "b"
    assert state.value() is None
    state.update(2)
    backend.key = "a"
    assert state.value() == 1
    state.clear()
    state.clear()
    assert state.value() is None
    state.update(3)
    state.update(None)
    assert [group for group, _ in backend.snapshot().groups()] == [key_group("b", 128)]


def test_list_state(context: SubtaskRuntimeContext, backend: HashMapKeyedStateBackend) -> None:
    state = context.get_list_state(ListStateDescriptor("l", INT))
    assert list(state) == []
    state.add(1)
    state.add_all([2, 3])
    seen = []
    for value in state:
        seen.append(value)
        state.add(9)
    assert seen == [1, 2, 3]
    state.update([5])
    backend.key = "b"
    assert list(state) == []
    backend.key = "a"
    assert list(state) == [5]
    state.clear()
    assert list(state) == []


def test_map_state(context: SubtaskRuntimeContext, backend: HashMapKeyedStateBackend) -> None:
    state = context.get_map_state(MapStateDescriptor("m", INT, INT))
    assert state.is_empty() and state.get(1) is None
    state.put(1, 10)
    state[2] = 20
    state.put_all({3: 30})
    assert 2 in state and state.contains(3) and state[1] == 10
    for key in state:
        state.remove(key)
    assert state.is_empty() and not list(backend.snapshot().groups())
    state.put_all({1: 1})
    assert [*state.items()] == [(1, 1)] and [*state.keys()] == [1] and [*state.values()] == [1]
    backend.key = "b"
    assert state.is_empty()


def test_reducing_and_aggregating_state(context: SubtaskRuntimeContext) -> None:
    total = context.get_reducing_state(ReducingStateDescriptor("r", lambda a, b: a + b, INT))
    mean = context.get_aggregating_state(AggregatingStateDescriptor("a", Average(), INT))
    assert total.get() is None and mean.get() is None
    for value in (1, 2, 6):
        total.add(value)
        mean.add(value)
    assert total.get() == 9 and mean.get() == 3
    total.clear()
    mean.clear()
    assert total.get() is None and mean.get() is None


def test_one_name_is_one_state(context: SubtaskRuntimeContext) -> None:
    context.get_state(ValueStateDescriptor("x", INT)).update(4)
    assert context.get_state(ValueStateDescriptor("x", INT)).value() == 4
    with pytest.raises(ValueError, match="state 'x' is a value state already; give the list state another name"):
        context.get_list_state(ListStateDescriptor("x", INT))


def test_snapshots_are_by_key_group_and_restore_at_another_parallelism() -> None:
    keys = [f"key {n}" for n in range(300)]
    old = [HashMapKeyedStateBackend(128) for _ in range(2)]
    for subtask, backend in enumerate(old):
        owned = key_group_range(subtask, 2, 128)
        backend.table("v", "value").update({k: [k] for k in keys if key_group(k, 128) in owned})
    snapshots = [OperatorSnapshot(backend.snapshot()) for backend in old]
    for backend in old:
        for value in backend.table("v", "value").values():
            value.append("changed after the snapshot")
    restored: dict[Any, Any] = {}
    for subtask in range(3):
        backend = HashMapKeyedStateBackend(128)
        backend.restore(hand_over(snapshots, subtask, 3, 128))
        table = backend.table("v", "value")
        assert all(key_group(k, 128) in key_group_range(subtask, 3, 128) for k in table)
        assert not restored.keys() & table.keys()
        restored.update(table)
    assert restored == {k: [k] for k in keys}
