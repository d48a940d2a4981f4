"""Visits to a site: clicks of a user with less than half a minute between them. What comes too late is shown apart.

    python examples/session_windows.py                      in this process
    penstock run -m HOST:PORT -p 2 examples/session_windows.py

The clicks arrive one by one, so that the watermark moves between them. A late click joins or merges sessions while
the allowed lateness lasts; a session that it changes is shown again.
"""

import time
from collections.abc import Iterable

from penstock.common import Configuration, Duration, Time, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import OutputTag, ProcessWindowFunction, StreamExecutionEnvironment, TimeWindow
from penstock.datastream.connectors.number_seq import NumberSequenceSource
from penstock.datastream.window import EventTimeSessionWindows

#: (user, second)
CLICKS = [("ann", 0), ("bob", 5), ("ann", 20), ("ann", 70), ("ann", 45), ("bob", 130), ("ann", 140), ("bob", 10)]


class ClickTime(TimestampAssigner):
    def extract_timestamp(self, value: tuple[str, int], record_timestamp: int) -> int:
        return value[1] * 1000


class Visit(ProcessWindowFunction[tuple[str, int], str, str, TimeWindow]):
    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[tuple[str, int]]
    ) -> Iterable[str]:
        seconds = sorted(second for _, second in elements)
        yield f"{key}: {len(seconds)} clicks from {seconds[0]} s to {seconds[-1]} s"


def click(number: int) -> tuple[str, int]:
    time.sleep(0.05)
    return CLICKS[number]


if __name__ == "__main__":
    configuration = Configuration()
    configuration.set_string("pipeline.auto-watermark-interval", "5 ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    late = OutputTag("late")
    numbers = NumberSequenceSource(0, len(CLICKS) - 1)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(2))
    visits = (
        env.from_source(numbers, WatermarkStrategy.no_watermarks(), "clicks")
        .set_parallelism(1)
        .map(click)
        .set_parallelism(1)
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(ClickTime()))
        .key_by(lambda value: value[0], Types.STRING())
        .window(EventTimeSessionWindows.with_gap(Time.seconds(30)))
        .allowed_lateness(20_000)
        .side_output_late_data(late)
        .process(Visit(), Types.STRING())
    )
    visits.print()
    visits.get_side_output(late).map(lambda value: f"too late: {value[0]} at {value[1]} s", Types.STRING()).print()
    env.execute("visits")
