"""Windows over a whole stream: reduce, aggregate, apply and process."""

import sys
import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.functions import AllWindowFunction, ProcessAllWindowFunction
from pyflink.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

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


class Average(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value[2], accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]


class All(AllWindowFunction):
    def apply(self, window, inputs):
        return [f"{window} {value}" for value in inputs]


class Count(AllWindowFunction):
    def apply(self, window, inputs):
        yield f"{window} {len([*inputs])}"


class Sorted(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield f"{context.window()} {sorted(e[2] for e in elements)}"


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


tumbling = TumblingEventTimeWindows.of(Time.milliseconds(10))
sliding = SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))
show("reduce", source().window_all(tumbling).reduce(lambda a, b: ("*", 0, a[2] + b[2])))
show("aggregate", source().window_all(sliding).aggregate(Average(), output_type=Types.DOUBLE()))
averages = source().window_all(sliding).aggregate(Average(), window_function=All(), output_type=Types.STRING())
show("aggregate and apply", averages)
show("apply", source().window_all(sliding).apply(Count(), Types.STRING()))
sessions = source().window_all(EventTimeSessionWindows.with_gap(Time.milliseconds(4)))
show("process", sessions.process(Sorted(), Types.STRING()))
