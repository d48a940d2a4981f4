"""Whole jobs with windows on the LocalExecutor: random streams at parallelism 1 and 3, batch mode, processing time."""

import subprocess
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.common import Configuration, Duration, Time, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import ProcessWindowFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from penstock.datastream.window import (
    ContinuousEventTimeTrigger,
    CountTrigger,
    EventTimeSessionWindows,
    PurgingTrigger,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from penstock.graph.watermark_check import NoWatermarksWarning
from tests.unit.windows.model import Model, ModelTrigger

EXAMPLES = Path(__file__).parents[3] / "examples"


class Second(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> Any:
        return value[1]


class Sorted(ProcessWindowFunction[Any, Any, Any, Any]):
    def process(self, key: Any, context: Any, elements: Iterable[Any]) -> Iterable[Any]:
        window = context.window()
        yield key, window.start, window.end, sorted(e[2] for e in elements)


def environment(parallelism: int = 1, interval: str = "0 ms") -> StreamExecutionEnvironment:
    configuration = Configuration()
    configuration.set_string("pipeline.auto-watermark-interval", interval)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    return env


def collected(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as results:
        return list(results)


STRATEGY = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(3)).with_timestamp_assigner(Second())
MS = Time.milliseconds

KINDS: dict[str, tuple[Any, Any, bool]] = {
    "tumbling": (TumblingEventTimeWindows.of(MS(7)), lambda t: [(t // 7 * 7, t // 7 * 7 + 7)], False),
    "sliding": (
        SlidingEventTimeWindows.of(MS(9), MS(6)),
        lambda t: [(s, s + 9) for s in range(t, t - 9, -1) if s % 6 == 0],
        False,
    ),
    "session": (EventTimeSessionWindows.with_gap(MS(4)), lambda t: [(t, t + 4)], True),
}
TRIGGERS: dict[str, tuple[Any, ModelTrigger]] = {
    "default": (None, ModelTrigger()),
    "purging count": (PurgingTrigger.of(CountTrigger.of(2)), ModelTrigger(count=2, purges=True)),
}


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parallelism", [1, 3])
@given(records=st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-20, 60)), max_size=40))
@settings(max_examples=6, deadline=None)
def test_jobs_have_the_models_windows(
    parallelism: int, kind: str, trigger: str, records: list[tuple[str, int]]
) -> None:
    assigner, assign, merges = KINDS[kind]
    own, modelled = TRIGGERS[trigger]
    numbered = [(key, time, n) for n, (key, time) in enumerate(records)]
    model = Model(assign, merges, 0, modelled)
    for key, time, n in numbered:
        model.record(key, n, time)
    model.advance((1 << 63) - 1)
    stream = environment(parallelism).from_collection(numbered or [("none", 1000, 0)])
    windows = stream.assign_timestamps_and_watermarks(STRATEGY).key_by(lambda v: v[0]).window(assigner)
    found = collected((windows.trigger(own) if own is not None else windows).process(Sorted()))
    expected = [(k, s, e, sorted(r)) for k, s, e, r, _ in model.emitted]
    # one source and one exchange: the records of a key keep their order, which counts are about
    assert sorted(r for r in found if r[0] != "none") == sorted(expected)


def test_processing_time_windows_fire_by_the_clock() -> None:
    from penstock.datastream.connectors.number_seq import NumberSequenceSource

    def slowly(number: int) -> int:
        import time

        time.sleep(0.02)
        return number

    for assigner in (TumblingProcessingTimeWindows.of(MS(20)), SlidingProcessingTimeWindows.of(MS(20), MS(10))):
        env = environment()
        numbers = env.from_source(NumberSequenceSource(0, 19), WatermarkStrategy.no_watermarks(), "numbers")
        sums = collected(numbers.map(slowly).map(lambda n: (0, n)).key_by(lambda v: v[0]).window(assigner).reduce(add))
        # the last windows may not end before the input; each number is in one or two of those before
        assert len(sums) > 3
        assert sum(s for _, s in sums) <= sum(range(20)) * (
            2 if isinstance(assigner, SlidingProcessingTimeWindows) else 1
        )


def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0], a[1] + b[1]


def test_batch_windows_of_the_clock_end_with_the_input() -> None:
    for assigner in (
        TumblingProcessingTimeWindows.of(Time.days(4000)),
        SlidingProcessingTimeWindows.of(Time.days(9000), Time.days(9000)),
    ):
        env = environment(3)
        env.set_runtime_mode(RuntimeExecutionMode.BATCH)
        stream = env.from_collection([(n % 2, n) for n in range(10)])
        assert sorted(collected(stream.key_by(lambda v: v[0]).window(assigner).reduce(add))) == [(0, 20), (1, 25)]
    env = environment(3)
    stream = env.from_collection([(n % 2, n) for n in range(10)])
    windows = stream.key_by(lambda v: v[0]).window(TumblingProcessingTimeWindows.of(Time.days(4000)))
    assert collected(windows.reduce(add)) == [], "in a streaming job they do not"


@pytest.mark.parametrize("kind", KINDS)
def test_batch_windows_are_final_and_nothing_is_late(kind: str) -> None:
    assigner, assign, merges = KINDS[kind]
    records = [("ab"[n % 2], (n * 37) % 50, n) for n in range(60)]
    model = Model(assign, merges, 0, ModelTrigger())
    for key, time, n in records:
        model.record(key, n, time)
    model.advance((1 << 63) - 1)
    env = environment(3, interval="1 ms")
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    stream = env.from_collection(records).assign_timestamps_and_watermarks(STRATEGY)
    found = collected(stream.key_by(lambda v: v[0]).window(assigner).process(Sorted()))
    assert sorted(found) == sorted((k, s, e, sorted(r)) for k, s, e, r, _ in model.emitted)


def test_count_windows_and_a_trigger_that_fires_before_they_are_full() -> None:
    stream = environment().from_collection([("a", n) for n in range(1, 8)]).key_by(lambda v: v[0])
    assert collected(stream.count_window(3).reduce(add)) == [("a", 6), ("a", 15)]
    assert collected(stream.count_window(4, 2).reduce(add)) == [("a", 10), ("a", 18)]
    assert collected(stream.count_window(4).trigger(CountTrigger.of(2)).reduce(add)) == [
        ("a", 3),
        ("a", 10),
        ("a", 11),
    ]


def test_windows_without_watermarks_warn_once() -> None:
    def build(strategy: WatermarkStrategy | None, batch: bool = False) -> StreamExecutionEnvironment:
        env = environment()
        if batch:
            env.set_runtime_mode(RuntimeExecutionMode.BATCH)
        stream = env.from_collection([("a", 1, 1)]).name("clicks")
        if strategy is not None:
            stream = stream.assign_timestamps_and_watermarks(strategy)
        keyed = stream.key_by(lambda v: v[0])
        for size in (5, 6):
            keyed.window(TumblingEventTimeWindows.of(MS(size))).process(Sorted()).print()
        return env

    no_watermarks = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second())
    with pytest.warns(NoWatermarksWarning, match="no watermarks reach the event-time windows 'TumblingEvent") as caught:
        build(no_watermarks).get_execution_plan()
    assert len(caught) == 1
    with pytest.warns(NoWatermarksWarning, match="by way of 'Source: clicks'"):
        build(None).get_execution_plan()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(STRATEGY).get_execution_plan()
        build(no_watermarks, batch=True).get_execution_plan()


@pytest.mark.parametrize("timestamp", [None, "soon", float("nan")])
def test_a_timestamp_that_is_none_is_an_error_that_says_so(timestamp: Any) -> None:
    stream = environment().from_collection([("a", timestamp, 1)]).assign_timestamps_and_watermarks(STRATEGY)
    with pytest.raises(Exception, match=r"has to return a timestamp.*for the record \('a'"):
        collected(stream)


def test_floats_and_numbers_of_other_libraries_are_timestamps() -> None:
    class Number:
        def __index__(self) -> int:
            return 8

    records = [("a", 1.9, 1), ("a", True, 2), ("a", Number(), 3)]
    stream = environment().from_collection(records).assign_timestamps_and_watermarks(STRATEGY)
    windows = stream.key_by(lambda v: v[0]).window(TumblingEventTimeWindows.of(MS(5))).process(Sorted())
    assert sorted(collected(windows)) == [("a", 0, 5, [1, 2]), ("a", 5, 10, [3])]


def test_records_without_timestamps_are_an_error_that_says_what_to_do() -> None:
    stream = environment().from_collection([("a", 1, 1)])
    for assigner in (TumblingEventTimeWindows.of(MS(5)), EventTimeSessionWindows.with_gap(MS(5))):
        with pytest.warns(NoWatermarksWarning), pytest.raises(Exception, match="assign_timestamps_and_watermarks"):
            collected(stream.key_by(lambda v: v[0]).window(assigner).process(Sorted()))


def test_a_wrong_trigger_result_names_the_trigger() -> None:
    class Forgetful(ContinuousEventTimeTrigger[Any]):
        def on_element(self, *_: Any) -> Any:
            return None

    stream = environment().from_collection([("a", 1, 1)]).assign_timestamps_and_watermarks(STRATEGY)
    windows = stream.key_by(lambda v: v[0]).window(TumblingEventTimeWindows.of(MS(5))).trigger(Forgetful(3))
    with pytest.raises(Exception, match="Forgetful has to return a TriggerResult"):
        collected(windows.process(Sorted()))


@pytest.mark.parametrize(
    ("example", "lines"),
    [
        (
            "tumbling_windows.py",
            [
                "10:00 / 3 requests, 40.0 ms",
                "10:00 /docs 2 requests, 30.0 ms",
                "10:01 / 1 requests, 11.0 ms",
                "10:01 /docs 1 requests, 33.0 ms",
                "10:03 / 1 requests, 10.0 ms",
            ],
        ),
        (
            "session_windows.py",
            [
                "ann: 1 clicks from 140 s to 140 s",
                "ann: 2 clicks from 0 s to 20 s",
                "ann: 4 clicks from 0 s to 70 s",
                "bob: 1 clicks from 130 s to 130 s",
                "bob: 1 clicks from 5 s to 5 s",
                "too late: bob at 10 s",
            ],
        ),
    ],
)
def test_examples(example: str, lines: list[str]) -> None:
    done = subprocess.run([sys.executable, str(EXAMPLES / example)], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == lines
