"""Counts the requests of each page by the minute, by the time in the log and not by the time of reading.

    python examples/tumbling_windows.py                     in this process
    penstock run -m HOST:PORT -p 2 examples/tumbling_windows.py

The log is a little out of order; a window is complete when the watermark, ten seconds behind, has passed its end.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from penstock.common import Duration, Time, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment, TimeWindow
from penstock.datastream.window import TumblingEventTimeWindows

LOG = [
    ("2026-05-04T10:00:01", "/", 12),
    ("2026-05-04T10:00:09", "/docs", 31),
    ("2026-05-04T10:00:04", "/", 18),
    ("2026-05-04T10:00:58", "/docs", 29),
    ("2026-05-04T10:01:03", "/", 11),
    ("2026-05-04T10:00:59", "/", 90),
    ("2026-05-04T10:01:40", "/docs", 33),
    ("2026-05-04T10:03:00", "/", 10),
]


class LogTime(TimestampAssigner):
    def extract_timestamp(self, value: tuple[str, str, int], record_timestamp: int) -> int:
        return int(datetime.fromisoformat(value[0]).replace(tzinfo=UTC).timestamp() * 1000)


class CountAndMean(AggregateFunction):
    def create_accumulator(self) -> tuple[int, int]:
        return 0, 0

    def add(self, value: tuple[str, str, int], accumulator: tuple[int, int]) -> tuple[int, int]:
        return accumulator[0] + 1, accumulator[1] + value[2]

    def get_result(self, accumulator: tuple[int, int]) -> tuple[int, float]:
        return accumulator[0], accumulator[1] / accumulator[0]

    def merge(self, acc_a: tuple[int, int], acc_b: tuple[int, int]) -> tuple[int, int]:
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class WithMinute(ProcessWindowFunction[tuple[int, float], str, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[tuple[int, float]]
    ) -> Iterable[str]:
        minute = datetime.fromtimestamp(context.window().start / 1000, UTC).strftime("%H:%M")
        for count, mean in elements:
            yield f"{minute} {key} {count} requests, {mean:.1f} ms"


if __name__ == "__main__":
    env = StreamExecutionEnvironment.get_execution_environment()
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(10))
    (
        env.from_collection(LOG)
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(LogTime()))
        .key_by(lambda request: request[1], Types.STRING())
        .window(TumblingEventTimeWindows.of(Time.minutes(1)))
        .aggregate(CountAndMean(), WithMinute(), output_type=Types.STRING())
        .print()
    )
    env.execute("requests by the minute")
