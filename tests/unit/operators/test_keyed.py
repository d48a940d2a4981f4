from collections import namedtuple
from typing import Any

import pytest

from penstock.common.typeinfo import Types
from penstock.datastream.functions import KeyedProcessFunction, MapFunction, ReduceFunction, RuntimeContext
from penstock.datastream.output_tag import OutputTag
from penstock.datastream.state import ValueStateDescriptor
from penstock.datastream.time_domain import TimeDomain
from penstock.exchange.elements import MAX_TIMESTAMP, RecordBatch, Watermark
from penstock.graph.key_groups import key_group, key_group_range
from penstock.operators.specs import AggregateSpec, KeyedMapSpec, KeyedProcessSpec, MapSpec, ReduceSpec
from tests.unit.operators.chains import Built, Writer, handed_over


def feed(built: Built, *records: tuple[Any, Any], times: list[int | None] | None = None) -> list[Any]:
    built.chain.process(RecordBatch([v for _, v in records], times, [k for k, _ in records]))
    return built.out.values


def test_reduce_emits_every_new_value_by_key() -> None:
    built = Built([ReduceSpec(lambda a, b: a + b)])
    assert feed(built, ("a", 1), ("b", 10), ("a", 2), ("a", 3)) == [1, 10, 3, 6]
    assert feed(built, ("b", 1)) == [1, 10, 3, 6, 11]


def test_an_exception_in_reduce_leaves_the_key_as_it_was() -> None:
    built = Built([ReduceSpec(lambda a, b: a // b)])
    with pytest.raises(ZeroDivisionError):
        feed(built, ("a", 8), ("a", 2), ("a", 0), ("a", 2))
    assert feed(built, ("a", 2)) == [8, 4, 2]


def test_a_key_error_of_the_users_is_not_taken_for_a_new_key() -> None:
    built = Built([ReduceSpec(lambda a, b: {}[a])])
    with pytest.raises(KeyError):
        feed(built, ("a", 1), ("a", 2))


class Adding(ReduceFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("n", Types.INT()))

    def reduce(self, value1: Any, value2: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        return (value1[0] + value2[0], self.count.value())


def test_a_rich_reduce_has_state_of_its_key() -> None:
    built = Built([ReduceSpec(Adding())])
    assert feed(built, ("a", (1, 0)), ("b", (1, 0)), ("a", (1, 0)), ("a", (1, 0)), ("b", (1, 0))) == [
        (1, 0),
        (1, 0),
        (2, 1),
        (3, 2),
        (2, 1),
    ]


def test_final_only_emits_at_the_end_of_time_in_the_order_of_keys() -> None:
    built = Built([ReduceSpec(lambda a, b: a + b, final_only=True), MapSpec(lambda v: -v)])
    feed(built, ("b", 1), ("a", 2), ("b", 3))
    assert built.out.arrived == []
    built.chain.process_watermark(5)
    built.chain.process_watermark(MAX_TIMESTAMP)
    built.chain.finish()
    assert built.out.arrived == [
        (0, Watermark(5)),
        (0, -2, MAX_TIMESTAMP, None),
        (0, -4, MAX_TIMESTAMP, None),
        (0, Watermark(MAX_TIMESTAMP)),
    ]


Named = namedtuple("Named", ["word", "n"])


@pytest.mark.parametrize(
    "kind, position, values, expected",
    [
        ("sum", 0, [1, 2, 3], [1, 3, 6]),
        ("sum", 1, [("a", 1), ("b", 2)], [("a", 1), ("a", 3)]),
        ("sum", "n", [Named("a", 1), Named("b", 2)], [Named("a", 1), Named("a", 3)]),
        ("sum", "n", [{"n": 1, "x": 0}, {"n": 2, "x": 9}], [{"n": 1, "x": 0}, {"n": 3, "x": 0}]),
        ("min", 1, [("a", 3), ("b", 1), ("c", 2)], [("a", 3), ("a", 1), ("a", 1)]),
        ("max", 1, [["a", 1], ["b", 2]], [["a", 1], ["a", 2]]),
        ("min_by", 1, [("a", 3), ("b", 1), ("c", 1)], [("a", 3), ("b", 1), ("b", 1)]),
        ("max_by", 1, [("a", 3), ("b", 4), ("c", 4)], [("a", 3), ("b", 4), ("b", 4)]),
        ("max", 0, [1, 3, 2], [1, 3, 3]),
    ],
)
def test_rolling_aggregates(kind: Any, position: Any, values: list[Any], expected: list[Any]) -> None:
    before = [list(v) if isinstance(v, list) else v for v in values]
    assert feed(Built([AggregateSpec(kind, position)]), *[("k", v) for v in values]) == expected
    assert values == before


def test_a_field_that_a_number_has_not() -> None:
    with pytest.raises(TypeError, match="field 1 is asked of 1"):
        feed(Built([AggregateSpec("sum", 1)]), ("k", 1), ("k", 2))


class CountPerKey(MapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("n", Types.INT()))

    def map(self, value: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        return (value, self.count.value())


def test_a_rich_map_on_a_keyed_stream_has_state_of_its_key() -> None:
    built = Built([KeyedMapSpec("map", CountPerKey())])
    assert feed(built, ("a", 1), ("b", 1), ("a", 1)) == [(1, 1), (1, 1), (1, 2)]


def test_state_without_a_key_is_refused() -> None:
    with pytest.raises(RuntimeError, match="state 'n' of 'task' needs a key"):
        Built([MapSpec(CountPerKey())])


TAG = OutputTag("side")


class Timers(KeyedProcessFunction):
    """Registers what it is told, and tells what fires."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.fired = runtime_context.get_state(ValueStateDescriptor("fired", Types.INT()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        for timestamp in value:
            if timestamp < 0:
                ctx.timer_service().delete_event_time_timer(-timestamp)
            else:
                ctx.timer_service().register_event_time_timer(timestamp)
        yield ("element", ctx.get_current_key(), ctx.timestamp(), ctx.timer_service().current_watermark() > 0)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        assert ctx.time_domain() is TimeDomain.EVENT_TIME
        self.fired.update((self.fired.value() or 0) + 1)
        if timestamp == 30:
            ctx.timer_service().register_event_time_timer(31)
        yield (timestamp, ctx.get_current_key(), ctx.timestamp(), self.fired.value())
        yield TAG, timestamp


def test_event_time_timers_fire_in_order_once_with_their_key_and_time() -> None:
    writers: dict[tuple[int, str | None], Writer] = {(0, None): Writer(), (0, "side"): Writer()}
    built = Built([KeyedProcessSpec(Timers())], {}, writers)
    feed(built, ("a", (30, 20, 20)), ("b", (20, 50)), ("a", (40, -40)), times=[1, 2, 3])
    built.chain.process_watermark(35)
    built.chain.process_watermark(MAX_TIMESTAMP)
    main = writers[0, None].arrived
    assert [a[1] for a in main[:3]] == [
        ("element", "a", 1, False),
        ("element", "b", 2, False),
        ("element", "a", 3, False),
    ]
    assert main[3:] == [
        (0, (20, "a", 20, 1), 20, None),
        (0, (20, "b", 20, 1), 20, None),
        (0, (30, "a", 30, 2), 30, None),
        (0, (31, "a", 31, 3), 31, None),
        (0, Watermark(35)),
        (0, (50, "b", 50, 2), 50, None),
        (0, Watermark(MAX_TIMESTAMP)),
    ]
    assert writers[0, "side"].values == [20, 20, 30, 31, 50]


class ProcessingTimers(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> None:
        ctx.timer_service().register_processing_time_timer(value)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        assert ctx.time_domain() is TimeDomain.PROCESSING_TIME
        return [(timestamp, ctx.get_current_key(), ctx.timestamp())]


def test_processing_time_timers_fire_when_due_and_carry_no_timestamp() -> None:
    built = Built([KeyedProcessSpec(ProcessingTimers())])
    feed(built, ("a", 300), ("b", 100))
    assert built.chain.next_timer() == 100
    built.chain.on_processing_time(99)
    assert built.out.values == []
    built.chain.on_processing_time(250)
    built.chain.process_watermark(MAX_TIMESTAMP)
    built.chain.finish()
    # Flink drops processing-time timers that are not due at the end of input
    assert built.out.arrived == [(0, (100, "b", 100), None, None), (0, Watermark(MAX_TIMESTAMP))]


def test_time_domain_is_for_timers() -> None:
    class Asking(KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> None:
            ctx.time_domain()

    with pytest.raises(RuntimeError, match="time_domain"):
        feed(Built([KeyedProcessSpec(Asking())]), ("a", 1))


def test_state_and_timers_move_to_another_parallelism() -> None:
    keys = [f"key {n}" for n in range(40)]
    old = Built([KeyedProcessSpec(Timers())], {}, {(0, None): Writer()})
    feed(old, *[(key, (10, 20)) for key in keys])
    old.chain.process_watermark(10)
    fired: list[Any] = []
    for subtask in range(2):
        restored = handed_over([old], subtask, 2)
        new = Built([KeyedProcessSpec(Timers())], {}, {(0, None): Writer()}, restored=restored)
        new.chain.process_watermark(MAX_TIMESTAMP)
        assert all(key_group(key, 128) in key_group_range(subtask, 2, 128) for _, key, _, _ in new.out.values)
        fired += new.out.values
    assert sorted(fired) == sorted((20, key, 20, 2) for key in keys)


def test_a_reduction_goes_on_where_it_was() -> None:
    old = Built([ReduceSpec(lambda a, b: a + b)])
    feed(old, ("a", 1), ("a", 2))
    new = Built([ReduceSpec(lambda a, b: a + b)], restored=handed_over([old]))
    assert feed(new, ("a", 3), ("b", 1)) == [6, 1]
