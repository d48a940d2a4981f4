from typing import Any

import pytest

from penstock.common.time import Duration
from penstock.common.watermark_strategy import TimestampAssigner, WatermarkStrategy
from penstock.exchange.elements import MAX_TIMESTAMP, RecordBatch, Watermark, WatermarkStatus
from penstock.operators import watermarks
from penstock.operators.specs import FilterSpec, TimestampsAndWatermarksSpec
from tests.unit.operators.chains import Built


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(watermarks, "processing_time", clock)
    return clock


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return value


def pass_time(built: Built, clock: Clock, ms: int) -> None:
    clock.now += ms
    built.chain.on_processing_time(clock.now)


def assigned(strategy: WatermarkStrategy) -> Built:
    return Built([TimestampsAndWatermarksSpec(strategy.with_timestamp_assigner(Itself()))])


def test_timestamps_are_assigned_and_watermarks_follow_at_the_interval(clock: Clock) -> None:
    built = assigned(WatermarkStrategy.for_monotonous_timestamps())
    built.chain.process_values([10, 30, 20])
    assert built.chain.next_timer() == clock.now + 200
    pass_time(built, clock, 199)
    assert built.out.controls == []
    pass_time(built, clock, 1)
    assert built.out.arrived == [(0, 10, 10, None), (0, 30, 30, None), (0, 20, 20, None), (0, Watermark(29))]
    # it did not rise: nothing is due
    built.chain.process_values([25])
    assert built.chain.next_timer() is None
    pass_time(built, clock, 500)
    assert built.out.controls == [Watermark(29)]


def test_bounded_out_of_orderness(clock: Clock) -> None:
    built = assigned(WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(5)))
    built.chain.process_values([10, 30])
    pass_time(built, clock, 200)
    assert built.out.controls == [Watermark(24)]


def test_no_watermarks_still_assigns(clock: Clock) -> None:
    built = assigned(WatermarkStrategy.no_watermarks())
    built.chain.process_values([10])
    assert built.chain.next_timer() is None
    assert built.out.arrived == [(0, 10, 10, None)]


def test_watermarks_from_upstream_end_here_but_the_last(clock: Clock) -> None:
    built = assigned(WatermarkStrategy.for_monotonous_timestamps())
    built.chain.process_watermark(77)
    built.chain.process_watermark(MAX_TIMESTAMP)
    assert built.out.controls == [Watermark(MAX_TIMESTAMP)]


def test_without_an_assigner_the_records_own_timestamps_count(clock: Clock) -> None:
    built = Built([TimestampsAndWatermarksSpec(WatermarkStrategy.for_monotonous_timestamps())])
    built.chain.process(RecordBatch(["a", "b", "c"], [5, None, 9]))
    built.chain.process_values(["d"])
    pass_time(built, clock, 200)
    assert built.out.arrived == [
        (0, "a", 5, None),
        (0, "b", None, None),
        (0, "c", 9, None),
        (0, "d", None, None),
        (0, Watermark(8)),
    ]


def test_an_assigner_gets_the_timestamp_before(clock: Clock) -> None:
    class Later(TimestampAssigner):
        def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
            return record_timestamp + 1

    built = Built([TimestampsAndWatermarksSpec(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Later()))])
    built.chain.process(RecordBatch(["a"], [5]))
    built.chain.process_values(["b"])
    assert [a[2] for a in built.out.arrived] == [6, -(1 << 63) + 1]


def test_idleness_is_announced_and_ends_with_the_next_record(clock: Clock) -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_idleness(Duration.of_millis(1000))
    built = Built(
        [FilterSpec(lambda v: v > 0), TimestampsAndWatermarksSpec(strategy.with_timestamp_assigner(Itself()))]
    )
    built.chain.process_values([10])
    pass_time(built, clock, 600)
    pass_time(built, clock, 600)
    assert built.out.controls == [Watermark(9)]
    pass_time(built, clock, 600)
    assert built.out.controls == [Watermark(9), WatermarkStatus(False)]
    built.chain.process_values([-1])
    assert built.out.controls[-1] == WatermarkStatus(False)
    built.chain.process_values([11])
    assert built.out.controls[-1] == WatermarkStatus(True)


def test_status_from_upstream_is_forwarded(clock: Clock) -> None:
    built = assigned(WatermarkStrategy.for_monotonous_timestamps())
    built.chain.process_status(False)
    assert built.out.controls == [WatermarkStatus(False)]
