"""Sources of an alignment group wait for the last one of them."""

from typing import Any

from penstock.common import Configuration, Duration, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.alignment import AlignmentGroup, alignment_group


def test_one_is_ahead_by_more_than_the_drift() -> None:
    group = AlignmentGroup()
    group.report("fast", 100, False)
    assert not group.is_ahead("fast", 10), "it is alone"
    group.report("silent", MIN_TIMESTAMP, False)
    assert not group.is_ahead("fast", 10), "the other one has read nothing"
    group.report("slow", 80, False)
    assert group.is_ahead("fast", 10)
    assert not group.is_ahead("fast", 20)
    assert not group.is_ahead("slow", 0)
    group.report("slow", 80, True)
    assert not group.is_ahead("fast", 10), "the slow one is idle"
    group.report("slow", 80, False)
    group.leave("slow")
    assert not group.is_ahead("fast", 10), "the slow one has ended"


def test_groups_are_of_a_job_and_a_name() -> None:
    group = alignment_group("job", "g")
    assert alignment_group("job", "g") is group
    assert alignment_group("job", "h") is not group
    assert alignment_group("other", "g") is not group


class Hundredfold(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value) * 100


class Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


def test_a_job_with_aligned_sources_reads_all_of_them() -> None:
    configuration = Configuration()
    configuration.set_string("pipeline.auto-watermark-interval", "1 ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    base = WatermarkStrategy.for_monotonous_timestamps().with_watermark_alignment("g", Duration.of_millis(50))
    fast, slow = (
        env.from_source(NumberSequenceSource(0, 2000), base.with_timestamp_assigner(assigner), type(assigner).__name__)
        for assigner in (Hundredfold(), Itself())
    )
    with fast.map(lambda n: ("fast", n)).union(slow.map(lambda n: ("slow", n))).execute_and_collect() as results:
        found = list(results)
    assert sorted(found) == [(name, n) for name in ("fast", "slow") for n in range(2001)]
