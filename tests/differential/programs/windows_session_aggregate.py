"""Session windows of an aggregation, a reduction behind a window function; none of them merges late."""

import sys
import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment, WindowFunction
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.window import EventTimeSessionWindows

RECORDS = [
    ("a", 1, 1),
    ("b", 2, 2),
    ("a", 4, 3),
    ("a", 11, 4),
    ("b", 14, 5),
    ("a", 7, 6),
    ("a", 20, 7),
    ("b", 6, 8),
    ("a", 16, 9),
    ("a", 30, 10),
    ("b", 21, 11),
    ("a", 3, 12),
    ("b", 41, 13),
    ("a", 26, 14),
    ("a", 37, 15),
]


class Timestamps(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


# two ticks behind each record: the watermark has followed when the next one comes
TICKING = [r for record in RECORDS for r in (record, ("tick", record[1], 0), ("tick", record[1], 0))]


def slowly(number):
    time.sleep(0.02)
    return TICKING[number]


class Average(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value[2], accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]


class Named(WindowFunction):
    def apply(self, key, window, inputs):
        return [f"{key} [{window.start},{window.end}) {value}" for value in inputs]


configuration = Configuration()
configuration.set_string("python.fn-execution.bundle.size", "1")
configuration.set_string("pipeline.auto-watermark-interval", "5 ms")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, result)


def pairs():
    return Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()])


def source():
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(2))
    numbers = env.from_source(
        NumberSequenceSource(0, len(TICKING) - 1), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG()
    )
    stream = numbers.map(slowly, pairs()).assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner(Timestamps())
    )
    stream = stream.filter(lambda value: value[0] != "tick")
    env.set_parallelism(int(sys.argv[1]))
    return stream


def keyed():
    return source().key_by(lambda value: value[0], Types.STRING())


sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(4))
show("average", keyed().window(sessions).aggregate(Average(), Named(), output_type=Types.STRING()))
sums = keyed().window(sessions).reduce(lambda a, b: (a[0], max(a[1], b[1]), a[2] + b[2]), Named(), Types.STRING())
show("sums", sums)
