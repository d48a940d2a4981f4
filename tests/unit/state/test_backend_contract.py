"""What every keyed state backend promises, on each of them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

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
from penstock.graph.key_groups import key_group
from penstock.state.backend import KeyedStateBackend
from penstock.state.declarations import StateMigrationError
from penstock.state.handover import hand_over
from penstock.state.no_key import NO_KEY
from penstock.state.snapshot import OperatorSnapshot
from penstock.state.timer_service import KeyedTimerService
from tests.unit.state.backends import KINDS, backend_of, content, context_of

INT = Types.INT()
VALUE = ValueStateDescriptor("value", INT)
LIST = ListStateDescriptor("list", INT)
MAP = MapStateDescriptor("map", Types.STRING(), INT)


class Mean(AggregateFunction):
    def create_accumulator(self) -> Any:
        return (0, 0)

    def add(self, value: Any, accumulator: Any) -> Any:
        return (accumulator[0] + value, accumulator[1] + 1)

    def get_result(self, accumulator: Any) -> Any:
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        return (acc_a[0] + acc_b[0], acc_a[1] + acc_b[1])


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest) -> Iterator[KeyedStateBackend]:
    with backend_of(request.param) as made:
        yield made


def test_value(backend: KeyedStateBackend) -> None:
    state = context_of(backend).get_state(VALUE)
    assert state.value() is None
    state.update(1)
    backend.key = "b"
    assert state.value() is None
    state.update(2)
    backend.key = "a"
    assert state.value() == 1
    state.update(None)
    assert state.value() is None
    state.clear()
    assert content(backend) == {("value", "b"): 2}


def test_list(backend: KeyedStateBackend) -> None:
    state = context_of(backend).get_list_state(LIST)
    assert list(state.get() or ()) == []
    for n in range(300):
        state.add(n)
    state.add_all([300, 301])
    assert list(state) == list(range(302))
    backend.key = "aa"
    assert list(state) == []
    state.add(7)
    backend.key = "a"
    state.update([5])
    state.add(6)
    assert state.get() == [5, 6]
    state.clear()
    assert state.get() == []
    assert content(backend) == {("list", "aa"): [7]}


def test_map(backend: KeyedStateBackend) -> None:
    state = context_of(backend).get_map_state(MAP)
    assert state.is_empty() and state.get("x") is None
    state.put("x", 1)
    state["y"] = 2
    state.put_all({"z": 3, "x": 4})
    assert sorted(state.items()) == [("x", 4), ("y", 2), ("z", 3)]
    assert sorted(state.keys()) == sorted(state) == ["x", "y", "z"] and sorted(state.values()) == [2, 3, 4]
    assert "x" in state and not state.contains("w") and state["y"] == 2
    state.remove("w")
    del state["x"]
    backend.key = "b"
    assert state.is_empty()
    backend.key = "a"
    assert not state.is_empty()
    state.clear()
    assert state.is_empty() and content(backend) == {}


def test_reducing_and_aggregating(backend: KeyedStateBackend) -> None:
    context = context_of(backend)
    highest = context.get_reducing_state(ReducingStateDescriptor("highest", max, INT))
    mean = context.get_aggregating_state(AggregatingStateDescriptor("mean", Mean(), Types.TUPLE([INT, INT])))
    assert (highest.get(), mean.get()) == (None, None)
    for n in (3, 9, 6):
        highest.add(n)
        mean.add(n)
    assert (highest.get(), mean.get()) == (9, 6.0)
    backend.key = "b"
    highest.add(1)
    assert (highest.get(), mean.get()) == (1, None)
    backend.key = "a"
    highest.clear()
    mean.clear()
    assert (highest.get(), mean.get()) == (None, None)


class Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (1, 1.0, "1"),
        (1, True, 2),
        (Point(1, 2), (1.0, True + 1), (1, 3)),
        (frozenset({"x", "y", "z"}), frozenset({"z", "y", "x"}), frozenset({"x"})),
        (("a", "a"), ("".join(["a"]), "aa"[:1]), ("a", "b")),
        (b"a", bytes([97]), "a"),
        (None, None, 0),
        (2.5, 5 / 2, 2),
        (-(2**70), -float(2**70), 2**70),
    ],
)
def test_equal_keys_are_one_key(backend: KeyedStateBackend, one: Any, same: Any, other: Any) -> None:
    state, by_map_key = context_of(backend).get_state(VALUE), context_of(backend).get_map_state(MAP)
    backend.key = one
    state.update(1)
    backend.key = other
    assert state.value() is None
    by_map_key.put(one, 5)
    assert by_map_key.get(other) is None and by_map_key.get(same) == 5
    backend.key = same
    assert state.value() == 1


@pytest.mark.parametrize("target", KINDS)
def test_a_snapshot_restores_into_any_backend(backend: KeyedStateBackend, target: str) -> None:
    context = context_of(backend)
    value, values, entries = context.get_state(VALUE), context.get_list_state(LIST), context.get_map_state(MAP)
    keys = ["a", 5, (1, "x"), frozenset({1, 2}), None, b"z", 2.5]
    for n, key in enumerate(keys):
        backend.key = key
        value.update(n)
        values.add_all([n, n + 1])
        entries.put_all({"n": n, "m": -n})
    before = content(backend)
    snapshot = OperatorSnapshot(backend.snapshot())
    value.update(99)  # a snapshot is of its moment
    owned = range(64)
    with backend_of(target) as restored:
        restored.restore(hand_over([snapshot], 0, 2, 128))
        snapshot.release()
        expected = {at: v for at, v in before.items() if key_group(at[1], 128) in owned}
        assert content(restored) == expected and 0 < len(expected) < len(before)
        with pytest.raises(StateMigrationError, match="was written as a value state and is declared as a list state"):
            context_of(restored).get_list_state(ListStateDescriptor("value", INT))


def test_a_name_is_for_one_kind_and_type(backend: KeyedStateBackend) -> None:
    context = context_of(backend)
    context.get_state(VALUE)
    context.get_state(ValueStateDescriptor("value", INT))
    with pytest.raises(ValueError, match="'value' is a value state already; give the map state another name"):
        context.get_map_state(MapStateDescriptor("value", INT, INT))
    with pytest.raises(ValueError, match=r"'value' has the type .* already; the descriptor with .* needs another name"):
        context.get_state(ValueStateDescriptor("value", Types.STRING()))


def test_without_a_key_state_and_timers_refuse(backend: KeyedStateBackend) -> None:
    context = context_of(backend)
    value, values, entries = context.get_state(VALUE), context.get_list_state(LIST), context.get_map_state(MAP)
    total = context.get_reducing_state(ReducingStateDescriptor("sum", max, INT))
    value.update(1)
    backend.key = NO_KEY
    uses: list[Any] = [
        value.value,
        value.clear,
        lambda: value.update(1),
        values.get,
        lambda: values.add(1),
        entries.items,
        lambda: entries.put("x", 1),
        total.get,
        lambda: total.add(1),
        lambda: KeyedTimerService(backend).register_event_time_timer(1),
    ]
    for use in uses:
        with pytest.raises(RuntimeError, match="there is no current key"):
            use()


def test_without_a_keyed_stream_there_is_no_state() -> None:
    with pytest.raises(RuntimeError, match=r"state 'value' of 'task' needs a key: use the function behind key_by"):
        context_of(None).get_state(VALUE)


def test_operators_use_tables_as_dicts(backend: KeyedStateBackend) -> None:
    table = backend.table("_reduce", "reduce")
    with pytest.raises(KeyError):
        table["x"]
    table["x"] = 1
    table["y"] = [2]
    assert sorted(table) == ["x", "y"] and len(table) == 2 and "x" in table and table.get("z") is None
    assert table.pop("y") == [2] and table.pop("y", None) is None
    table.clear()
    assert len(table) == 0


def test_rocksdb_leaves_no_files(tmp_path: Any) -> None:
    pytest.importorskip("rocksdict")
    from penstock.state.selection import StateBackendChoice

    for profile in ("DEFAULT", "SPINNING_DISK_OPTIMIZED", "SPINNING_DISK_OPTIMIZED_HIGH_MEM", "FLASH_SSD_OPTIMIZED"):
        backend = StateBackendChoice("rocksdb", str(tmp_path / "state"), profile).make(128)
        backend.key = "a"
        context_of(backend).get_state(VALUE).update(1)
        assert len(list((tmp_path / "state").iterdir())) == 1
        backend.close()
        assert list((tmp_path / "state").iterdir()) == []
