"""What the window API accepts and refuses, and what assigners answer."""

from typing import Any

import pytest

from penstock.common.constants import MIN_LONG_VALUE
from penstock.common.time import Time
from penstock.common.typeinfo import Types
from penstock.datastream import OutputTag, StreamExecutionEnvironment
from penstock.datastream.functions import AllWindowFunction, ProcessWindowFunction, WindowFunction
from penstock.datastream.window import (
    CountSlidingWindowAssigner,
    CountTrigger,
    CountWindow,
    DynamicEventTimeSessionWindows,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindow,
    GlobalWindows,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeWindow,
    TimeWindowSerializer,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    WindowAssigner,
)


def ms(number: int) -> Time:
    return Time.milliseconds(number)


class Context(WindowAssigner.WindowAssignerContext):
    """At 1234 ms."""

    def get_current_processing_time(self) -> int:
        return 1234

    def get_runtime_context(self) -> Any:
        raise AssertionError("not used here")


def assigned(assigner: WindowAssigner[Any, Any], timestamp: int, element: Any = None) -> list[Any]:
    return list(assigner.assign_windows(element, timestamp, Context()))


@pytest.mark.parametrize(
    ("assigner", "timestamp", "windows"),
    [
        (TumblingEventTimeWindows.of(ms(10)), 19, [(10, 20)]),
        (TumblingEventTimeWindows.of(ms(10)), 20, [(20, 30)]),
        (TumblingEventTimeWindows.of(ms(10)), -1, [(-10, 0)]),
        (TumblingEventTimeWindows.of(ms(10), ms(3)), 12, [(3, 13)]),
        (TumblingEventTimeWindows.of(ms(10), ms(-3)), 12, [(7, 17)]),
        (SlidingEventTimeWindows.of(ms(10), ms(5)), 12, [(10, 20), (5, 15)]),
        (SlidingEventTimeWindows.of(ms(10), ms(4)), 12, [(12, 22), (8, 18), (4, 14)]),
        (SlidingEventTimeWindows.of(ms(2), ms(5)), 13, []),
        (EventTimeSessionWindows.with_gap(ms(7)), 3, [(3, 10)]),
        (TumblingProcessingTimeWindows.of(ms(100)), 5, [(1200, 1300)]),
        (SlidingProcessingTimeWindows.of(ms(100), ms(50), ms(10)), 5, [(1210, 1310), (1160, 1260)]),
        (ProcessingTimeSessionWindows.with_gap(ms(7)), 5, [(1234, 1241)]),
    ],
)
def test_windows_of_a_time(assigner: WindowAssigner[Any, Any], timestamp: int, windows: list[tuple[int, int]]) -> None:
    assert [(w.start, w.end) for w in assigned(assigner, timestamp)] == windows


def test_a_global_window_is_one() -> None:
    assert assigned(GlobalWindows.create(), MIN_LONG_VALUE) == [GlobalWindow.get()]


class Gap(SessionWindowTimeGapExtractor):
    def extract(self, element: Any) -> Any:
        return element


def test_a_dynamic_gap_is_the_records() -> None:
    assert assigned(DynamicEventTimeSessionWindows.with_dynamic_gap(Gap()), 5, element=9) == [TimeWindow(5, 14)]


@pytest.mark.parametrize("gap", [0, -1, None, 1.5, "1"])
def test_a_dynamic_gap_that_is_none_is_refused(gap: Any) -> None:
    with pytest.raises(ValueError, match=r"Gap\.extract\(\) returned"):
        assigned(EventTimeSessionWindows.with_dynamic_gap(Gap()), 5, element=gap)


@pytest.mark.parametrize(
    "make",
    [
        lambda: TumblingEventTimeWindows.of(ms(10), ms(10)),
        lambda: TumblingProcessingTimeWindows.of(ms(0)),
        lambda: SlidingEventTimeWindows.of(ms(10), ms(5), ms(-5)),
        lambda: SlidingProcessingTimeWindows.of(ms(0), ms(5)),
        lambda: EventTimeSessionWindows.with_gap(ms(0)),
        lambda: CountTrigger.of(1) and CountSlidingWindowAssigner.of(3, 0),
    ],
)
def test_bad_parameters_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"must"):
        make()


@pytest.mark.parametrize(
    "assigner",
    [TumblingEventTimeWindows.of(ms(1)), EventTimeSessionWindows.with_gap(ms(1))],
    ids=["tumbling", "session"],
)
def test_event_time_needs_timestamps(assigner: WindowAssigner[Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"assign_timestamps_and_watermarks"):
        assigned(assigner, MIN_LONG_VALUE)


def test_default_triggers() -> None:
    def default(assigner: WindowAssigner[Any, Any]) -> type:
        return type(assigner.get_default_trigger(None))

    assert default(TumblingEventTimeWindows.of(ms(1))) is EventTimeTrigger
    assert default(ProcessingTimeSessionWindows.with_gap(ms(1))) is ProcessingTimeTrigger
    assert default(CountSlidingWindowAssigner.of(3, 1)) is CountTrigger
    assert default(GlobalWindows.create()) is NeverTrigger


def test_time_windows() -> None:
    window = TimeWindow(1, 5)
    assert window.max_timestamp() == 4
    assert window.intersects(TimeWindow(5, 6)), "windows that touch"
    assert not window.intersects(TimeWindow(6, 7))
    assert window.cover(TimeWindow(3, 9)) == TimeWindow(1, 9)
    assert window < TimeWindow(1, 6) < TimeWindow(2, 3)
    assert window <= TimeWindow(1, 5)
    assert len({window, TimeWindow(1, 5), CountWindow(1)}) == 2
    assert repr(window) == "TimeWindow(start=1, end=5)"
    assert TimeWindow.get_window_start_with_offset(-7, 2, 5) == -8
    with pytest.raises(TypeError, match="TimeWindow"):
        _ = window < 3  # type: ignore[operator]


def test_serializers_read_what_they_write() -> None:
    from io import BytesIO

    stream = BytesIO()
    TimeWindowSerializer().serialize(TimeWindow(-3, 1 << 40), stream)
    stream.seek(0)
    assert TimeWindowSerializer().deserialize(stream) == TimeWindow(-3, 1 << 40)
    assert TimeWindowSerializer() == TimeWindowSerializer()


def test_trigger_results() -> None:
    assert [(r.is_fire(), r.is_purge()) for r in TriggerResult] == [
        (False, False),
        (True, True),
        (True, False),
        (False, True),
    ]
    assert PurgingTrigger.of(CountTrigger.of(2)).can_merge()
    assert not NeverTrigger().can_merge()


class Named(WindowFunction[Any, Any, Any, Any]):
    def apply(self, key: Any, window: Any, inputs: Any) -> Any:
        return inputs


class AllNamed(AllWindowFunction[Any, Any, Any]):
    def apply(self, window: Any, inputs: Any) -> Any:
        return inputs


def keyed() -> Any:
    return StreamExecutionEnvironment.get_execution_environment().from_collection([1]).key_by(lambda v: v)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda k: k.window(TumblingEventTimeWindows), TypeError, "pass an instance"),
        (lambda k: k.window(5), TypeError, "WindowAssigner"),
        (lambda k: k.count_window(0), ValueError, "number of records"),
        (lambda k: k.count_window(3).trigger(5), TypeError, "Trigger"),
        (lambda k: k.window(EventTimeSessionWindows.with_gap(ms(1))).trigger(NeverTrigger()), TypeError, "merging"),
        (lambda k: k.count_window(3).allowed_lateness(-1), ValueError, "lateness"),
        (lambda k: k.count_window(3).side_output_late_data("late"), TypeError, "OutputTag"),
        (lambda k: k.count_window(3).reduce(5), TypeError, "ReduceFunction"),
        (lambda k: k.count_window(3).aggregate(lambda a, b: a), TypeError, "AggregateFunction"),
        (lambda k: k.count_window(3).apply(AllNamed()), TypeError, "WindowFunction"),
        (lambda k: k.count_window(3).reduce(max, AllNamed()), TypeError, "ProcessWindowFunction"),
        (lambda k: k.window_all(GlobalWindows.create()).reduce(max, Named()), TypeError, "ProcessAllWindowFunction"),
        (lambda k: k.window_all(GlobalWindows.create()).process(Named()), TypeError, "ProcessAllWindowFunction"),
    ],
)
def test_what_is_refused_while_building(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build(keyed())


def test_names_descriptions_and_types_are_pyflinks() -> None:
    stream = keyed().window(TumblingEventTimeWindows.of(ms(5))).trigger(CountTrigger.of(2)).apply(Named(), Types.INT())
    transformation = stream._transformation
    assert transformation.name == "TumblingEventTimeWindows"
    assert transformation.description == "Window(TumblingEventTimeWindows(5, 0), CountTrigger, Named)"
    assert stream.get_type() == Types.INT()
    typed = StreamExecutionEnvironment.get_execution_environment().from_collection([1], Types.LONG())
    assert typed.window_all(GlobalWindows.create()).reduce(max).get_type() == Types.LONG()


def test_window_functions_are_generic() -> None:
    assert ProcessWindowFunction[int, str, str, TimeWindow] is not None
    assert WindowFunction[int, str, str, TimeWindow] is not None
    assert OutputTag("late")
