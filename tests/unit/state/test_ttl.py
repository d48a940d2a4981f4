"""Time to live: each kind of state on each backend, against what Flink's TtlValueState and so on do."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.common.time import Duration, Time
from penstock.common.typeinfo import Types
from penstock.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from penstock.state.backend import KeyedStateBackend
from penstock.state.handover import hand_over
from penstock.state.snapshot import OperatorSnapshot
from tests.unit.state.backends import FORMS, KINDS, Clock, backend_of, content, context_of, count
from tests.unit.state.test_backend_contract import Mean

INT = Types.INT()
Configure = Callable[[Any], Any]


def config(*configure: Configure) -> StateTtlConfig:
    builder = StateTtlConfig.new_builder(Time.milliseconds(100))
    for change in configure:
        builder = change(builder)
    return builder.build()


def with_ttl(descriptor: Any, *configure: Configure) -> Any:
    descriptor.enable_time_to_live(config(*configure))
    return descriptor


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, clock: Clock) -> Iterator[KeyedStateBackend]:
    with backend_of(request.param, clock) as made:
        yield made


def test_a_value_lives_until_its_time_is_over(backend: KeyedStateBackend, clock: Clock) -> None:
    state = context_of(backend).get_state(with_ttl(ValueStateDescriptor("v", INT)))
    state.update(1)
    clock.now += 99
    assert state.value() == 1
    clock.now += 1
    assert state.value() is None
    assert content(backend) == {}
    state.update(2)
    state.update(None)
    assert state.value() is None


def test_reading_prolongs_where_it_should(backend: KeyedStateBackend, clock: Clock) -> None:
    read_write = lambda b: b.update_ttl_on_read_and_write()  # noqa: E731
    value = context_of(backend).get_state(with_ttl(ValueStateDescriptor("v", INT), read_write))
    values = context_of(backend).get_list_state(with_ttl(ListStateDescriptor("l", INT), read_write))
    entries = context_of(backend).get_map_state(with_ttl(MapStateDescriptor("m", INT, INT), read_write))
    value.update(1)
    values.add_all([1, 2])
    entries.put_all({1: 1, 2: 2})
    for _ in range(3):
        clock.now += 60
        assert (value.value(), values.get(), entries.get(1)) == (1, [1, 2], 1)
    assert entries.items() == [(1, 1)]


def test_an_expired_value_may_be_seen_once_more(backend: KeyedStateBackend, clock: Clock) -> None:
    descriptor = with_ttl(
        ValueStateDescriptor("v", INT),
        lambda b: b.return_expired_if_not_cleaned_up(),
        lambda b: b.disable_cleanup_in_background(),
    )
    state = context_of(backend).get_state(descriptor)
    state.update(1)
    clock.now += 100
    assert [state.value(), state.value()] == [1, None]


def test_elements_and_entries_expire_by_themselves(backend: KeyedStateBackend, clock: Clock) -> None:
    lazy = lambda b: b.disable_cleanup_in_background()  # noqa: E731
    values = context_of(backend).get_list_state(with_ttl(ListStateDescriptor("l", INT), lazy))
    entries = context_of(backend).get_map_state(with_ttl(MapStateDescriptor("m", INT, INT), lazy))
    values.add(1)
    entries.put(1, 10)
    clock.now += 60
    values.add(2)
    entries.put(2, 20)
    clock.now += 60
    assert values.get() == [2] and entries.items() == [(2, 20)] and 1 not in entries
    clock.now += 60
    assert values.get() == [] and not entries.is_empty()  # as in Flink, is_empty() does not look at times
    assert entries.keys() == [] and entries.is_empty()
    assert content(backend) == {}


def test_folded_values_start_anew(backend: KeyedStateBackend, clock: Clock) -> None:
    context = context_of(backend)
    total = context.get_reducing_state(with_ttl(ReducingStateDescriptor("s", lambda a, b: a + b, INT)))
    mean = context.get_aggregating_state(with_ttl(AggregatingStateDescriptor("m", Mean(), INT)))
    for n in (1, 2):
        total.add(n)
        mean.add(n)
        clock.now += 60
    assert (total.get(), mean.get()) == (3, 1.5)
    clock.now += 60
    total.add(10)
    mean.add(10)
    assert (total.get(), mean.get()) == (10, 10.0)
    total.clear()
    mean.clear()
    assert (total.get(), mean.get()) == (None, None)


def test_a_disabled_configuration_does_nothing(backend: KeyedStateBackend, clock: Clock) -> None:
    disabled = lambda b: b.set_update_type(StateTtlConfig.UpdateType.Disabled)  # noqa: E731
    state = context_of(backend).get_state(with_ttl(ValueStateDescriptor("v", INT), disabled))
    state.update(1)
    clock.now += 10**9
    assert state.value() == 1


@pytest.mark.parametrize("kind", FORMS)
def test_snapshots_leave_expired_state_out_where_asked(kind: str, clock: Clock) -> None:
    with backend_of(kind, clock) as backend:
        leave_expired_state_out(backend, clock)


def leave_expired_state_out(backend: KeyedStateBackend, clock: Clock) -> None:
    full = [lambda b: b.cleanup_full_snapshot(), lambda b: b.disable_cleanup_in_background()]
    kept = context_of(backend).get_state(
        with_ttl(ValueStateDescriptor("kept", INT), lambda b: b.disable_cleanup_in_background())
    )
    value = context_of(backend).get_state(with_ttl(ValueStateDescriptor("v", INT), *full))
    values = context_of(backend).get_list_state(with_ttl(ListStateDescriptor("l", INT), *full))
    entries = context_of(backend).get_map_state(with_ttl(MapStateDescriptor("m", INT, INT), *full))
    for n in (1, 2):
        kept.update(1)
        value.update(1)
        values.add(n)
        entries.put(n, n)
        clock.now += 60
    backend.key = "b"
    value.update(5)
    clock.now += 60
    with backend_of("hashmap", clock) as restored:
        restored.restore(hand_over([OperatorSnapshot(backend.snapshot())], 0, 1, 128))
        assert {(name, key) for name, key, _ in restored.entries()} == {("kept", "a"), ("v", "b")}


@pytest.mark.parametrize("kind", ["value", "list", "map"])
def test_the_background_cleans_up_what_nobody_reads(backend: KeyedStateBackend, clock: Clock, kind: str) -> None:
    # every third access on RocksDB; on the hash map two keys an access
    cleanups: list[Configure] = [
        lambda b: b.cleanup_in_rocksdb_compact_filter(3, Duration.of_days(1)),
        lambda b: b.cleanup_incrementally(2, False),
    ]
    context, touch = context_of(backend), None
    if kind == "value":
        value = context.get_state(with_ttl(ValueStateDescriptor("s", INT), *cleanups))
        put, touch = (lambda: value.update(1)), value.value
    elif kind == "list":
        values = context.get_list_state(with_ttl(ListStateDescriptor("s", INT), *cleanups))
        put, touch = (lambda: values.add(1)), values.get
    else:
        entries = context.get_map_state(with_ttl(MapStateDescriptor("s", INT, INT), *cleanups))
        put, touch = (lambda: entries.put(1, 1)), lambda: entries.get(1)
    for n in range(50):
        backend.key = n
        put()
    assert count(backend) == 50
    clock.now += 50
    backend.key = "young"
    put()
    clock.now += 60
    for _ in range(200):
        touch()
    assert count(backend) == 1


def test_cleanup_with_every_record() -> None:
    clock = Clock()
    with backend_of("hashmap", clock) as backend:
        descriptor = with_ttl(ValueStateDescriptor("v", INT), lambda b: b.cleanup_incrementally(5, True))
        state = context_of(backend).get_state(descriptor)
        for n in range(20):
            backend.key = n
            state.update(n)
        clock.now += 100
        for _ in range(10):
            backend.clean()
        assert content(backend) == {}


def test_bad_configurations() -> None:
    with pytest.raises(ValueError, match="TTL is expected to be positive: 0 ms"):
        StateTtlConfig.new_builder(Time.milliseconds(0)).build()
    with pytest.raises(ValueError, match="should be positive: 0"):
        StateTtlConfig.new_builder(Time.seconds(1)).cleanup_incrementally(0, True)
    with pytest.raises(TypeError, match="a StateTtlConfig is needed"):
        ValueStateDescriptor("v", INT).enable_time_to_live("1 s")  # type: ignore[arg-type]


# -- against a naive model -------------------------------------------------------------------------------------------

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["wait", "put", "get", "remove", "add", "read", "update", "set", "value"]),
        st.sampled_from(["k1", "k2"]),
        st.integers(0, 3),
        st.integers(1, 80),
    ),
    max_size=60,
)


class Model:
    """A list of (key, …, value, written at), looked through from start to end."""

    def __init__(self, clock: Clock, on_read: bool) -> None:
        self.clock, self.on_read = clock, on_read
        self.cells: dict[tuple[str, str, int], tuple[int, int]] = {}
        self.lists: dict[str, list[tuple[int, int]]] = {}

    def read(self, at: tuple[str, str, int]) -> int | None:
        value, written = self.cells.get(at, (0, -(10**9)))
        if written + 100 <= self.clock.now:
            return None
        if self.on_read:
            self.cells[at] = value, self.clock.now
        return value

    def read_list(self, key: str) -> list[int]:
        live = [(v, t) for v, t in self.lists.get(key, []) if t + 100 > self.clock.now]
        if self.on_read:
            live = [(v, self.clock.now) for v, _ in live]
        self.lists[key] = live
        return [v for v, _ in live]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("on_read", [False, True])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_as_a_naive_model(kind: str, on_read: bool, operations: list[tuple[str, str, int, int]]) -> None:
    clock = Clock()
    model = Model(clock, on_read)
    change: list[Configure] = [lambda b: b.update_ttl_on_read_and_write()] if on_read else []
    change.append(lambda b: b.cleanup_in_rocksdb_compact_filter(2))
    with backend_of(kind, clock) as backend:
        context = context_of(backend)
        value = context.get_state(with_ttl(ValueStateDescriptor("v", INT), *change))
        values = context.get_list_state(with_ttl(ListStateDescriptor("l", INT), *change))
        entries = context.get_map_state(with_ttl(MapStateDescriptor("m", INT, INT), *change))
        for what, key, n, amount in operations:
            backend.key = key
            match what:
                case "wait":
                    clock.now += amount
                case "put":
                    entries.put(n, amount)
                    model.cells["m", key, n] = amount, clock.now
                case "get":
                    assert entries.get(n) == model.read(("m", key, n))
                case "remove":
                    entries.remove(n)
                    model.cells.pop(("m", key, n), None)
                case "add":
                    values.add(amount)
                    model.lists.setdefault(key, []).append((amount, clock.now))
                case "read":
                    assert values.get() == model.read_list(key)
                case "update":
                    values.update([amount, n])
                    model.lists[key] = [(amount, clock.now), (n, clock.now)]
                case "set":
                    value.update(amount)
                    model.cells["v", key, 0] = amount, clock.now
                case "value":
                    assert value.value() == model.read(("v", key, 0))
