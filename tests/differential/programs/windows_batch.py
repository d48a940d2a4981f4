"""Windows in batch mode: nothing is late, all windows are final, those of the clock end with the input."""

import sys

from pyflink.common import Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    GlobalWindows,
    ProcessingTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

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


class Sum(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {sorted(e[2] for e in elements)}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, result)


def pairs():
    return Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()])


def source():
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(2))
    records = env.from_collection(RECORDS, pairs())
    stream = records.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Timestamps()))
    env.set_parallelism(int(sys.argv[1]))
    return stream


def keyed():
    return source().key_by(lambda value: value[0], Types.STRING())


sums = [
    ("tumbling", TumblingEventTimeWindows.of(Time.milliseconds(10))),
    ("sliding", SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))),
    ("sessions", EventTimeSessionWindows.with_gap(Time.milliseconds(5))),
    ("processing time sessions", ProcessingTimeSessionWindows.with_gap(Time.hours(1))),
    ("global", GlobalWindows.create()),
]
for name, assigner in sums:
    show(name, keyed().window(assigner).process(Sum(), Types.STRING()))
show("count", keyed().count_window(3).process(Sum(), Types.STRING()))
