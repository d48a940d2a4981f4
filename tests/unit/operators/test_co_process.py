"""Two-input operators in a chain: each side's method, shared state and timers, side outputs, a naive model."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common.typeinfo import Types
from penstock.datastream.functions import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedCoProcessFunction,
    RuntimeContext,
)
from penstock.datastream.output_tag import OutputTag
from penstock.datastream.state import ListStateDescriptor, ValueStateDescriptor
from penstock.exchange.elements import MAX_TIMESTAMP, MIN_TIMESTAMP, RecordBatch, Watermark
from penstock.operators.specs import CoProcessSpec, MapSpec
from tests.unit.operators.chains import Built, Writer, handed_over

TAG = OutputTag("side")


def feed(built: Built, side: int, *records: Any, keys: list[Any] | None = None, times: Any = None) -> list[Any]:
    before = len(built.out.values)
    built.chain.process(RecordBatch(list(records), times, keys), side)
    return built.out.values[before:]


class Sides(CoMapFunction):
    def map1(self, value: Any) -> Any:
        return ("first", value)

    def map2(self, value: Any) -> Any:
        return None if value == 0 else ("second", value)


def test_map_calls_the_method_of_the_side_and_drops_none() -> None:
    built = Built([CoProcessSpec("map", Sides(), False), MapSpec(lambda v: (*v, "mapped"))])
    assert feed(built, 0, 0, 1) == [("first", 0, "mapped"), ("first", 1, "mapped")]
    assert feed(built, 1, 0, 1) == [("second", 1, "mapped")]


class Many(CoFlatMapFunction):
    def flat_map1(self, value: Any) -> Any:
        yield from range(value)

    def flat_map2(self, value: Any) -> Any:
        return [value, (TAG, value)] if value else None


def test_flat_map_takes_a_tuple_with_a_tag_for_a_value() -> None:
    built = Built([CoProcessSpec("flat_map", Many(), False)])
    assert feed(built, 0, 2, 0) == [0, 1]
    assert feed(built, 1, 5, 0) == [5, (TAG, 5)]


class Tells(CoProcessFunction):
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Any:
        yield value, ctx.timestamp(), ctx.timer_service().current_watermark()

    def process_element2(self, value: Any, ctx: CoProcessFunction.Context) -> Any:
        yield TAG, value
        if value == "timer":
            ctx.timer_service().register_event_time_timer(1)


def test_process_sees_times_and_writes_to_side_outputs() -> None:
    main, side = Writer(), Writer()
    built = Built([CoProcessSpec("process", Tells(), False)], writers={(0, None): main, (0, "side"): side})
    built.chain.process_watermark(7)
    feed(built, 0, "a", "b", times=[8, None])
    assert main.values == [("a", 8, 7), ("b", MIN_TIMESTAMP, 7)] and main.controls == [Watermark(7)]
    feed(built, 1, "c")
    assert side.values == ["c"]
    with pytest.raises(RuntimeError, match="timers can only be set on a keyed stream"):
        feed(built, 1, "timer")


class Both(KeyedCoProcessFunction):
    """Counts both sides of a key, and tells the count when event time passes the first record by 10."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.values = runtime_context.get_list_state(ListStateDescriptor("values", Types.PICKLED_BYTE_ARRAY()))
        self.due = runtime_context.get_state(ValueStateDescriptor("due", Types.LONG()))

    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Any:
        return self.take("1", value, ctx)

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Any:
        return self.take("2", value, ctx)

    def take(self, side: str, value: Any, ctx: KeyedCoProcessFunction.Context) -> Any:
        late = ctx.timestamp() <= ctx.timer_service().current_watermark()
        self.values.add((side, value))
        if self.due.value() is None:
            self.due.update(ctx.timestamp() + 10)
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)
        return [("late", ctx.get_current_key(), value)] if late else None

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> Any:
        yield ctx.get_current_key(), timestamp, list(self.values)
        self.values.clear()
        self.due.clear()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 1), st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), max_size=5)),
        st.tuples(st.just("watermark"), st.integers(0, 70)),
    ),
    max_size=25,
)


def naive(steps: list[Any]) -> list[Any]:
    """Record by record, all timers in one list."""
    out: list[Any] = []
    held: dict[str, list[Any]] = {}
    due: list[tuple[int, int, str]] = []
    watermark, number = -(1 << 63), 0
    for what, argument in [*steps, ("watermark", MAX_TIMESTAMP)]:
        if what == "watermark":
            if argument > watermark:
                watermark = argument
                for timer in sorted(t for t in due if t[0] <= watermark):
                    out.append((timer[2], timer[0], held.pop(timer[2])))
                due = [t for t in due if t[0] > watermark]
            continue
        for key, time in argument:
            if key not in held:
                number += 1
                due.append((time + 10, number, key))
            held.setdefault(key, []).append((str(what + 1), time))
            if time <= watermark:
                out.append(("late", key, time))
    return out


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_keyed_process_is_as_a_naive_model(backend: Any, steps: list[Any]) -> None:
    from dataclasses import replace

    from penstock.state.selection import StateBackendChoice
    from tests.unit.operators.chains import INFO

    if backend == "rocksdb":
        pytest.importorskip("rocksdict")
    info = replace(INFO, state_backend=StateBackendChoice(backend))
    built = Built([CoProcessSpec("process", Both(), True)], info=info)
    try:
        for what, argument in steps:
            if what == "watermark":
                built.chain.process_watermark(argument)
            elif argument:
                times = [time for _, time in argument]
                feed(built, what, *times, keys=[key for key, _ in argument], times=times)
        built.chain.process_watermark(MAX_TIMESTAMP)
        assert built.out.values == naive(steps)
    finally:
        for state in built.backends:
            if state is not None:
                state.close()


class Total(CoMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.INT()))

    def map1(self, value: Any) -> Any:
        self.total.update((self.total.value() or 0) + value)
        return self.total.value()

    def map2(self, value: Any) -> Any:
        return -(self.total.value() or 0)


def test_keyed_map_shares_state_and_snapshots_it() -> None:
    spec = CoProcessSpec("map", Total(), True)
    built = Built([spec])
    assert feed(built, 0, 1, 2, 5, keys=["a", "a", "b"]) == [1, 3, 5]
    assert feed(built, 1, "?", "?", "?", keys=["a", "b", "c"]) == [-3, -5, 0]
    again = Built([spec], restored=handed_over([built]))
    assert feed(again, 1, "?", "?", keys=["b", "a"]) == [-5, -3]


class Hasty(CoMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        runtime_context.get_state(ValueStateDescriptor("total", Types.INT())).value()

    def map1(self, value: Any) -> Any:
        return value

    map2 = map1


def test_state_read_in_open_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"open\(\) and close\(\) may get states but not read or write them"):
        Built([CoProcessSpec("map", Hasty(), True)])
