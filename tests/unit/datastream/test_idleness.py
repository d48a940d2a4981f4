"""An idle input of a two-input operator does not hold event time back; a slow one does."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from penstock.common import Configuration, Duration, Types, WatermarkStrategy
from penstock.common.constants import MAX_LONG_VALUE
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import KeyedCoProcessFunction, KeyedStream, StreamExecutionEnvironment
from penstock.operators.specs import ReaderContext


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


class ThenSilent:
    """Gives its records, and ends some time later."""

    bounded = False

    def __init__(self, records: Sequence[int], silent: float) -> None:
        self.records, self.silent = list(records), silent
        self._until: float | None = None

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return []

    def create_reader(self, context: ReaderContext) -> "ThenSilent":
        return self

    def add_splits(self, splits: Sequence[Any]) -> None:
        pass

    def poll(self, max_records: int) -> list[Any] | None:
        if self._until is None:
            self._until = time.monotonic() + self.silent
            return self.records
        return [] if time.monotonic() < self._until else None

    def snapshot(self) -> list[Any]:
        return []

    def close(self) -> None:
        pass


class At50(KeyedCoProcessFunction):
    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> None:
        ctx.timer_service().register_event_time_timer(50)

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> None:
        ctx.timer_service().register_event_time_timer(50)

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> Iterator[int]:
        yield ctx.timer_service().current_watermark()


def watermark_at_50(idle: Duration | None, parallelism: int) -> int:
    env = StreamExecutionEnvironment(Configuration.from_dict({"pipeline.auto-watermark-interval": "10 ms"}))
    env.set_parallelism(parallelism)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())

    def keyed(records: Sequence[int], silent: float, how: WatermarkStrategy) -> KeyedStream:
        stream = env.from_source(ThenSilent(records, silent), how, "source", Types.LONG()).force_non_parallel()
        return stream.key_by(lambda v: 0, Types.INT())

    left = keyed([5], 1.5, strategy if idle is None else strategy.with_idleness(idle))
    right = keyed([5, 100], 0.8, strategy)
    with left.connect(right).process(At50(), Types.LONG()).execute_and_collect() as results:
        (watermark,) = results
    return int(watermark)


@pytest.mark.parametrize("parallelism", [1, 2])
def test_an_idle_input_does_not_hold_event_time_back(parallelism: int) -> None:
    assert watermark_at_50(Duration.of_millis(30), parallelism) == 99


@pytest.mark.parametrize("parallelism", [1, 2])
def test_a_slow_input_does(parallelism: int) -> None:
    assert watermark_at_50(None, parallelism) == MAX_LONG_VALUE
