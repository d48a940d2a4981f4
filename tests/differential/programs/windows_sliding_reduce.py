"""Sliding windows of a reduction, plain and behind a window function; records late for some of their windows."""

import sys
import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.window import SlidingEventTimeWindows

RECORDS = [
    ("a", 1, 1),
    ("b", 2, 2),
    ("a", 9, 3),
    ("a", 12, 4),
    ("a", 3, 5),
    ("b", 13, 6),
    ("b", 8, 7),
    ("a", 14, 8),
    ("a", 5, 9),
    ("a", 27, 10),
    ("b", 1, 11),
    ("a", 15, 12),
    ("b", 31, 13),
    ("a", 26, 14),
]


class Timestamps(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


# two ticks behind each record: the watermark has followed when the next one comes
TICKING = [r for record in RECORDS for r in (record, ("tick", record[1], 0), ("tick", record[1], 0))]


def slowly(number):
    time.sleep(0.02)
    return TICKING[number]


class Describe(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield f"{key} [{window.start},{window.end}) {[e[2] for e in elements]}"


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


def add(a, b):
    return a[0], max(a[1], b[1]), a[2] + b[2]


sliding = SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(4))
show("reduce", keyed().window(sliding).reduce(add))
late = OutputTag("late", pairs())
described = keyed().window(sliding).side_output_late_data(late).reduce(add, Describe(), Types.STRING())
too_late = described.get_side_output(late).map(lambda value: f"late {value[0]} {value[2]}", Types.STRING())
show("described", described.union(too_late))
