"""A restored state under another declaration, on both backends."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penstock.common.time import Time
from penstock.common.typeinfo import TypeInformation, Types
from penstock.common.types import Row
from penstock.datastream.functions import AggregateFunction
from penstock.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from penstock.state.backend import KeyedStateBackend
from penstock.state.broadcast import BroadcastStateStore
from penstock.state.declarations import StateMigrationError
from penstock.state.evolution import IncompatibleTypes, conversion
from penstock.state.handover import hand_over
from penstock.state.snapshot import OperatorSnapshot
from penstock.state.timer_service import KeyedTimerService
from tests.unit.state.backends import KINDS, Clock, backend_of, content, context_of

T = Types
OLD = T.ROW_NAMED(["a", "b"], [T.INT(), T.FLOAT()])
NEW = T.ROW_NAMED(["c", "a", "b"], [T.STRING(), T.LONG(), T.DOUBLE()])


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        (T.INT(), T.LONG()),
        (T.BYTE(), T.BIG_INT()),
        (T.FLOAT(), T.DOUBLE()),
        (T.CHAR(), T.STRING()),
        (OLD, T.PICKLED_BYTE_ARRAY()),
        (T.LIST(T.INT()), T.LIST(T.LONG())),
        (T.TUPLE([T.INT(), T.STRING()]), T.TUPLE([T.LONG(), T.STRING()])),
        (T.MAP(T.STRING(), T.SHORT()), T.MAP(T.STRING(), T.INT())),
        (T.ROW([T.INT()]), T.ROW_NAMED(["x"], [T.LONG()])),
    ],
)
def test_types_whose_values_stay_the_same(written: TypeInformation, declared: TypeInformation) -> None:
    assert conversion(written, declared) is None


@pytest.mark.parametrize(
    ("written", "declared", "old", "new"),
    [
        (OLD, NEW, Row(a=1, b=2.0), Row(c=None, a=1, b=2.0)),
        (OLD, NEW, Row(1, 2.0), Row(None, 1, 2.0)),
        (OLD, NEW, (1, 2.0), (None, 1, 2.0)),
        (T.ROW([T.INT()]), T.ROW([T.INT(), T.STRING()]), Row(1), Row(1, None)),
        (T.LIST(OLD), T.LIST(NEW), [Row(a=1, b=2.0), None], [Row(c=None, a=1, b=2.0), None]),
        (T.MAP(T.INT(), OLD), T.MAP(T.INT(), NEW), {5: Row(a=1, b=2.0)}, {5: Row(c=None, a=1, b=2.0)}),
        (T.TUPLE([OLD, T.INT()]), T.TUPLE([NEW, T.INT()]), (Row(1, 2.0), 3), (Row(None, 1, 2.0), 3)),
        (
            T.ROW_NAMED(["r"], [OLD]),
            T.ROW_NAMED(["r"], [NEW]),
            Row(r=Row(a=1, b=2.0)),
            Row(r=Row(c=None, a=1, b=2.0)),
        ),
    ],
)
def test_types_whose_values_are_converted(written: Any, declared: Any, old: Any, new: Any) -> None:
    convert = conversion(written, declared)
    assert convert is not None and convert(old) == new


@pytest.mark.parametrize(
    ("written", "declared", "why"),
    [
        (T.LONG(), T.INT(), "INT has not room for every LONG"),
        (T.INT(), T.STRING(), "INT does not become STRING"),
        (T.PICKLED_BYTE_ARRAY(), T.INT(), "does not become Integer"),
        (NEW, OLD, "the field 'c' is gone"),
        (T.ROW_NAMED(["a"], [T.LONG()]), T.ROW_NAMED(["a"], [T.INT()]), "of its field 'a', INT has not room"),
        (T.TUPLE([T.INT()]), T.TUPLE([T.INT(), T.INT()]), "a tuple of 1 fields does not become one of 2"),
        (T.MAP(OLD, T.INT()), T.MAP(NEW, T.INT()), "the keys of a map cannot be converted"),
        (T.LIST(T.INT()), T.MAP(T.INT(), T.INT()), "does not become"),
        (T.SQL_DATE(), T.SQL_TIMESTAMP(), "does not become"),
    ],
)
def test_types_that_do_not_fit(written: Any, declared: Any, why: str) -> None:
    with pytest.raises(IncompatibleTypes, match=why):
        conversion(written, declared)


class Joined(AggregateFunction):
    def create_accumulator(self) -> Any:
        return Row(a=0, b=2.0)

    def add(self, value: Any, accumulator: Any) -> Any:
        accumulator["a"] += value["a"]
        return accumulator

    def get_result(self, accumulator: Any) -> Any:
        return accumulator

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        raise NotImplementedError


def _first(a: Any, b: Any) -> Any:
    return a


#: kind -> descriptor of a type, adding a row to it, what is in it
STATES: dict[
    str, tuple[Callable[[TypeInformation], StateDescriptor], Callable[[Any, Any], None], Callable[[Any], Any]]
] = {
    "state": (lambda t: ValueStateDescriptor("s", t), lambda s, row: s.update(row), lambda s: s.value()),
    "list_state": (
        lambda t: ListStateDescriptor("s", t),
        lambda s, row: s.add(row),
        lambda s: next(iter(s.get()), None),
    ),
    "map_state": (lambda t: MapStateDescriptor("s", T.INT(), t), lambda s, row: s.put(1, row), lambda s: s.get(1)),
    "reducing_state": (lambda t: ReducingStateDescriptor("s", _first, t), lambda s, row: s.add(row), lambda s: s.get()),
    "aggregating_state": (
        lambda t: AggregatingStateDescriptor("s", Joined(), t),
        lambda s, row: s.add(row),
        lambda s: s.get(),
    ),
}


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest) -> Iterator[KeyedStateBackend]:
    with backend_of(request.param, Clock()) as made:
        made.declarations.operator = "Totals"
        yield made


@pytest.fixture(params=KINDS)
def again(request: pytest.FixtureRequest) -> Iterator[KeyedStateBackend]:
    with backend_of(request.param, Clock()) as made:
        made.declarations.operator = "Totals"
        yield made


def move(backend: KeyedStateBackend, again: KeyedStateBackend) -> None:
    snapshot = OperatorSnapshot(backend.snapshot())
    again.restore(hand_over([snapshot], 0, 1, 128))
    snapshot.release()


def state_of(backend: KeyedStateBackend, kind: str, descriptor: StateDescriptor) -> Any:
    return getattr(context_of(backend), f"get_{kind}")(descriptor)


@pytest.mark.parametrize("kind", STATES)
def test_every_kind_of_state_is_migrated(backend: KeyedStateBackend, again: KeyedStateBackend, kind: str) -> None:
    descriptor, add, read = STATES[kind]
    state = state_of(backend, kind, descriptor(OLD))
    for backend.key in ("a", "b"):
        add(state, Row(a=1, b=2.0))
    move(backend, again)
    migrated = state_of(again, kind, descriptor(NEW))
    for again.key in ("a", "b"):
        assert read(migrated) == Row(c=None, a=1, b=2.0)
    # and what is written then is of the new type
    assert again.snapshot().states["s"].type_info == repr(again.declarations._states["s"].type_info)


def test_state_that_nobody_declares_again_is_kept_with_its_type(
    backend: KeyedStateBackend, again: KeyedStateBackend
) -> None:
    state_of(backend, "state", ValueStateDescriptor("s", OLD)).update(Row(a=1, b=2.0))
    move(backend, again)
    metas = again.snapshot().states
    with backend_of("hashmap") as third:
        move(again, third)
        assert third.declarations.metas() == metas == backend.snapshot().states
        assert state_of(third, "state", ValueStateDescriptor("s", NEW)).value() == Row(c=None, a=1, b=2.0)


def test_refusals_name_state_operator_and_both_declarations(
    backend: KeyedStateBackend, again: KeyedStateBackend
) -> None:
    state_of(backend, "state", ValueStateDescriptor("s", T.LONG())).update(1)
    move(backend, again)
    with pytest.raises(
        StateMigrationError,
        match="state 's' of operator 'Totals' was written as Long and is declared as String: LONG does not become STR",
    ):
        state_of(again, "state", ValueStateDescriptor("s", T.STRING()))
    with backend_of("hashmap") as third:
        third.declarations.operator = "Totals"
        move(backend, third)
        with pytest.raises(
            StateMigrationError,
            match="state 's' of operator 'Totals' was written as a value state and is declared as a map state: give it",
        ):
            state_of(third, "map_state", MapStateDescriptor("s", T.INT(), T.INT()))


def test_timers_need_an_operator_that_has_some(backend: KeyedStateBackend, again: KeyedStateBackend) -> None:
    KeyedTimerService(backend).register_event_time_timer(5)
    with pytest.raises(
        StateMigrationError, match="operator 'Totals' has 1 timers in the checkpoint, and is now of a kind"
    ):
        move(backend, again)


def timed(descriptor: StateDescriptor) -> StateDescriptor:
    descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.milliseconds(100)).build())
    return descriptor


@pytest.mark.parametrize("kind", STATES)
def test_a_time_to_live_may_be_switched_on_and_off(
    backend: KeyedStateBackend, again: KeyedStateBackend, kind: str
) -> None:
    descriptor, add, read = STATES[kind]
    add(state_of(backend, kind, descriptor(OLD)), Row(a=1, b=2.0))
    move(backend, again)
    on = state_of(again, kind, timed(descriptor(NEW)))
    assert read(on) == Row(c=None, a=1, b=2.0)
    clock = again.clock
    assert isinstance(clock, Clock)
    clock.now += 99
    assert read(on) == Row(c=None, a=1, b=2.0), "its time begins with the restore"
    with backend_of("hashmap") as third:
        move(again, third)
        off = state_of(third, kind, descriptor(NEW))
        assert read(off) == Row(c=None, a=1, b=2.0)
    clock.now += 1
    assert content(again) and read(on) is None


def test_broadcast_state_is_migrated_refused_and_kept() -> None:
    def descriptor(name: str, of: TypeInformation) -> MapStateDescriptor:
        return MapStateDescriptor(name, T.STRING(), of)

    old = BroadcastStateStore([descriptor("rules", OLD), descriptor("gone", T.INT())])
    old.get_broadcast_state(descriptor("rules", OLD)).put("x", Row(a=1, b=2.0))
    old.get_broadcast_state(descriptor("gone", T.INT())).put("y", 1)
    restored = hand_over([OperatorSnapshot(lists=old.snapshot("R"))], 0, 1, 128)
    new = BroadcastStateStore([descriptor("rules", NEW)])
    new.restore("R", restored)
    assert new.read_only(descriptor("rules", NEW)).get("x") == Row(c=None, a=1, b=2.0)
    assert list(new.snapshot("R")["gone"].items) == [("y", 1)]
    with pytest.raises(StateMigrationError, match="state 'rules' of operator 'R' was written as MapTypeInfo"):
        BroadcastStateStore([descriptor("rules", T.INT())]).restore("R", restored)
