"""Session windows with a gap of each record's own."""

import sys
import time

from pyflink.common import Configuration, Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.window import (
    DynamicEventTimeSessionWindows,
    EventTimeSessionWindows,
    SessionWindowTimeGapExtractor,
)

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


class Gap(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return 2 + element[2] % 4


class Sorted(ProcessWindowFunction):
    def process(self, key, context, elements):
        # which of two sessions comes first when they merge is not defined
        yield f"{key} {context.window()} {sorted(e[2] for e in elements)}"


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


show(
    "reduce",
    keyed().window(EventTimeSessionWindows.with_dynamic_gap(Gap())).reduce(lambda a, b: (a[0], 0, a[2] + b[2])),
)
described = keyed().window(DynamicEventTimeSessionWindows.with_dynamic_gap(Gap())).process(Sorted(), Types.STRING())
show("process", described)
