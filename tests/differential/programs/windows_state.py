"""State of a window and state of a key in a process window function; it is cleared when the window is over."""

import sys
import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import TumblingEventTimeWindows

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


class Firings(ProcessWindowFunction):
    def open(self, runtime_context):
        self.of_window = ValueStateDescriptor("firings of the window", Types.LONG())
        self.of_key = ListStateDescriptor("windows of the key", Types.LONG())

    def process(self, key, context, elements):
        count = context.window_state().get_state(self.of_window)
        count.update((count.value() or 0) + 1)
        windows = context.global_state().get_list_state(self.of_key)
        windows.add(context.window().start)
        late = context.current_watermark() > context.window().max_timestamp() + 6
        yield f"{key} {context.window()} firing {count.value()} of {len([*elements])} after {[*windows.get()]} {late}"

    def clear(self, context):
        context.window_state().get_state(self.of_window).clear()


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
show("late", keyed().window(tumbling).allowed_lateness(6).process(Firings(), Types.STRING()))
show("on time", keyed().window(tumbling).process(Firings(), Types.STRING()))
