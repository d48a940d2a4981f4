"""What a program gets wrong, and the error that says so: named, with what to do."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penstock.client.job_client import JobExecutionError
from penstock.common import Configuration, Time, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import (
    DataStream,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    KeyedStream,
    MapFunction,
    ProcessFunction,
    RuntimeContext,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from penstock.datastream.window import TumblingEventTimeWindows
from penstock.graph.watermark_check import NoWatermarksWarning

BOTH_MODES = pytest.mark.parametrize("mode", [RuntimeExecutionMode.STREAMING, RuntimeExecutionMode.BATCH])
PARALLELISMS = pytest.mark.parametrize("parallelism", [1, 2])


def error_of(
    make: Callable[[StreamExecutionEnvironment], DataStream],
    mode: RuntimeExecutionMode = RuntimeExecutionMode.STREAMING,
    parallelism: int = 1,
) -> str:
    """What is said last of the job that fails."""
    env = StreamExecutionEnvironment(Configuration()).set_parallelism(parallelism).set_runtime_mode(mode)
    with pytest.raises(JobExecutionError) as failed, make(env).execute_and_collect() as results:
        list(results)
    return str(failed.value).splitlines()[-1].partition(" is FAILED: ")[2]


class Never(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return None  # type: ignore[return-value]

    def __repr__(self) -> str:
        return "Never()"


@BOTH_MODES
def test_a_timestamp_assigner_that_returns_none(mode: RuntimeExecutionMode) -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Never())
    said = error_of(lambda env: env.from_collection([7]).assign_timestamps_and_watermarks(strategy), mode)
    assert said == (
        "TypeError: Never() has to return a timestamp, a number of ms since the epoch, "
        "and returned None for the record 7"
    )


class Passing(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        yield value


KEYED: dict[str, Callable[[KeyedStream], DataStream]] = {
    "reduce": lambda keyed: keyed.reduce(lambda a, b: a),
    "process": lambda keyed: keyed.process(Passing()),
    "map": lambda keyed: keyed.map(lambda v: v),
    "window": lambda keyed: keyed.count_window(2).reduce(lambda a, b: a),
    "sum": lambda keyed: keyed.sum(0),
}


@PARALLELISMS
@BOTH_MODES
@pytest.mark.parametrize("kind", KEYED)
def test_a_key_that_cannot_be_hashed(kind: str, mode: RuntimeExecutionMode, parallelism: int) -> None:
    said = error_of(
        lambda env: KEYED[kind](env.from_collection([1, 2]).key_by(lambda v: [v] if v == 2 else v)), mode, parallelism
    )
    assert "'Source: Collection Source' -> " in said
    assert (
        "[2] cannot be a key: unhashable type: 'list'. The key selector has to return something hashable that can be "
        "pickled: a tuple rather than a list" in said
    )


class TwoSides(KeyedCoProcessFunction):
    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[Any]:
        yield value

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[Any]:
        yield value


@PARALLELISMS
def test_a_key_of_the_second_input_that_cannot_be_hashed(parallelism: int) -> None:
    def both(env: StreamExecutionEnvironment) -> DataStream:
        left, right = env.from_collection([1]), env.from_collection([2])
        return left.key_by(lambda v: v).connect(right.key_by(lambda v: {v})).process(TwoSides())

    assert "{2} cannot be a key: unhashable type: 'set'" in error_of(both, parallelism=parallelism)


class Counting(MapFunction):
    """Asks for the states of these descriptors."""

    def __init__(self, *descriptors: Any, reads_in_open: bool = False) -> None:
        self.descriptors, self.reads_in_open = descriptors, reads_in_open

    def open(self, runtime_context: RuntimeContext) -> None:
        getters: dict[type, Callable[[Any], Any]] = {
            ValueStateDescriptor: runtime_context.get_state,
            ListStateDescriptor: runtime_context.get_list_state,
            MapStateDescriptor: runtime_context.get_map_state,
        }
        for descriptor in self.descriptors:
            state = getters[type(descriptor)](descriptor)
            if self.reads_in_open:
                state.value()

    def map(self, value: Any) -> Any:
        return value


def test_state_without_a_key() -> None:
    said = error_of(lambda env: env.from_collection([1]).map(Counting(ValueStateDescriptor("n", Types.INT()))))
    assert said.startswith("RuntimeError: state 'n' of ")
    assert said.endswith("needs a key: use the function behind key_by(…)")


def test_state_that_is_read_before_there_is_a_key() -> None:
    counting = Counting(ValueStateDescriptor("n", Types.INT()), reads_in_open=True)
    said = error_of(lambda env: env.from_collection([1]).key_by(lambda v: v).map(counting))
    assert "keyed state or a timer was used where there is no current key: open() and close() may get states" in said


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (
            ValueStateDescriptor("s", Types.INT()),
            ValueStateDescriptor("s", Types.STRING()),
            "state 's' has the type Integer already; the descriptor with String needs another name",
        ),
        (
            ValueStateDescriptor("s", Types.INT()),
            ListStateDescriptor("s", Types.INT()),
            "state 's' is a value state already; give the list state another name",
        ),
        (
            MapStateDescriptor("s", Types.STRING(), Types.INT()),
            MapStateDescriptor("s", Types.STRING(), Types.LONG()),
            "state 's' has the type MapTypeInfo<String, Integer> already; the descriptor with "
            "MapTypeInfo<String, Long> needs another name",
        ),
    ],
)
def test_a_descriptor_that_is_used_again_with_another_type(first: Any, second: Any, wanted: str) -> None:
    said = error_of(lambda env: env.from_collection([1]).key_by(lambda v: v).map(Counting(first, second)))
    assert said == f"ValueError: {wanted}"


class Timing(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> None:
        ctx.timer_service().register_event_time_timer(1)


def test_a_timer_without_a_key() -> None:
    said = error_of(lambda env: env.from_collection([1]).process(Timing()))
    assert said == ("RuntimeError: timers can only be set on a keyed stream: key_by(…).process(KeyedProcessFunction)")


@pytest.mark.parametrize(
    ("type_info", "value", "wanted"),
    [
        (Types.STRING(), 5, "String: expected a str, got int 5"),
        (Types.INT(), "x", "Integer: expected an int for INT, got str 'x'"),
        (Types.INT(), 1 << 40, "Integer: expected INT (-2147483648 to 2147483647), got 1099511627776: it does not fit"),
        (Types.TUPLE([Types.STRING()]), 5, "TupleTypeInfo(String): expected a tuple of 1, got int 5"),
        (Types.ROW([Types.STRING()]), 5, "RowTypeInfo(String): expected a Row, got int 5"),
        (Types.LIST(Types.INT()), 5, "ListTypeInfo<Integer>: expected a list, got int 5"),
        (Types.MAP(Types.STRING(), Types.INT()), 5, "MapTypeInfo<String, Integer>: expected a dict, got int 5"),
        (Types.SQL_DATE(), 5, "DateTypeInfo: expected a datetime.date, got int 5"),
    ],
)
def test_a_result_that_is_not_of_its_declared_type(type_info: Any, value: Any, wanted: str) -> None:
    said = error_of(lambda env: env.from_collection([1]).map(lambda _: value, type_info).name("to type"))
    assert said.endswith(f"operator 'to type' returned {value!r}, which is not of its output_type {wanted}")


@PARALLELISMS
def test_the_last_of_many_records_is_looked_at(parallelism: int) -> None:
    last = 20_000

    def numbers(env: StreamExecutionEnvironment) -> DataStream:
        mapped = env.from_collection(range(last + 1)).map(lambda v: "x" if v == last else v, Types.LONG())
        return mapped.rebalance().filter(lambda v: v == "x")

    said = error_of(numbers, parallelism=parallelism)
    assert said.endswith(
        "'Map' returned 'x', which is not of its output_type Long: expected an int for LONG, got str 'x'"
    )


def test_a_window_without_watermarks_warns_once_a_job() -> None:
    env = StreamExecutionEnvironment(Configuration())
    windows = [
        env.from_collection([1]).key_by(lambda v: v).window(TumblingEventTimeWindows.of(Time.seconds(1))) for _ in "ab"
    ]
    first, second = (w.reduce(lambda a, b: a) for w in windows)
    first.union(second).print()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        env._stream_graph(None)
    assert [w.category for w in caught] == [NoWatermarksWarning]
    assert "no watermarks reach the event-time windows" in str(caught[0].message)
