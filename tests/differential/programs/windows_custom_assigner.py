"""An assigner of one's own: windows by number and by time, several for a record."""

import sys
import time

from pyflink.common import Configuration, Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.window import EventTimeTrigger, TimeWindow, TimeWindowSerializer, WindowAssigner

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


class Both(WindowAssigner):
    """A window of 10 ms for every record, and one of 30 ms for the odd ones."""

    def assign_windows(self, element, timestamp, context):
        windows = [TimeWindow(timestamp // 10 * 10, timestamp // 10 * 10 + 10)]
        if element[2] % 2:
            windows.append(TimeWindow(timestamp // 30 * 30, timestamp // 30 * 30 + 30))
        return windows

    def get_default_trigger(self, env):
        return EventTimeTrigger()

    def get_window_serializer(self):
        return TimeWindowSerializer()

    def is_event_time(self):
        return True


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


show("windows", keyed().window(Both()).process(Describe(), Types.STRING()))
show("reduce", keyed().window(Both()).reduce(lambda a, b: (a[0], 0, a[2] + b[2])))
