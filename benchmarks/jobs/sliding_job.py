"""Sliding windows of a given number of slides: each key has records in each slide, and a result for each."""

import argparse
from typing import Any

from cpu_sink import cpu_sink

from penstock.common import Time, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import AggregateFunction, StreamExecutionEnvironment
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.datastream.window import SlidingEventTimeWindows

SLIDE = 1000  #: ms
KEYS = 100
RECORDS_OF_SLIDE = 200


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value // RECORDS_OF_SLIDE * SLIDE


class Count(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + 1

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slides", type=int, required=True, help="of input")
    parser.add_argument("--ratio", type=int, required=True, help="size / slide")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    env = StreamExecutionEnvironment.get_execution_environment()
    times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
    size, slide = Time.milliseconds(arguments.ratio * SLIDE), Time.milliseconds(SLIDE)
    (
        env.from_source(NumberSequenceSource(0, arguments.slides * RECORDS_OF_SLIDE - 1), times, "numbers")
        .key_by(lambda n: n % KEYS, key_type=Types.LONG())
        .window(SlidingEventTimeWindows.of(size, slide))
        .aggregate(Count(), accumulator_type=Types.LONG(), output_type=Types.LONG())
        .sink_to(cpu_sink(sum, arguments.output))
    )
    env.execute("sliding")
