"""A trigger of one's own, with state and timers, on windows that merge and on others that do not."""

import sys
import time

from pyflink.common import Configuration, Duration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.state import ReducingStateDescriptor
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
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


class Early(Trigger):
    """Fires each time the sum of the numbers passes a threshold, and at the end; purges at the end."""

    def __init__(self, threshold):
        self.threshold = threshold
        self.sum = ReducingStateDescriptor("sum", lambda a, b: a + b, Types.LONG())

    def on_element(self, element, timestamp, window, ctx):
        if window.max_timestamp() <= ctx.get_current_watermark():
            return TriggerResult.FIRE_AND_PURGE
        ctx.register_event_time_timer(window.max_timestamp())
        state = ctx.get_partitioned_state(self.sum)
        state.add(element[2])
        if state.get() >= self.threshold:
            state.clear()
            return TriggerResult.FIRE
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.FIRE_AND_PURGE if time == window.max_timestamp() else TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def can_merge(self):
        return True

    def on_merge(self, window, ctx):
        ctx.merge_partitioned_state(self.sum)
        ctx.register_event_time_timer(window.max_timestamp())

    def clear(self, window, ctx):
        ctx.get_partitioned_state(self.sum).clear()
        ctx.delete_event_time_timer(window.max_timestamp())


class Sorted(ProcessWindowFunction):
    def process(self, key, context, elements):
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


tumbling = TumblingEventTimeWindows.of(Time.milliseconds(10))
show("tumbling", keyed().window(tumbling).trigger(Early(5)).process(Sorted(), Types.STRING()))
sliding = SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))
show("sliding", keyed().window(sliding).trigger(Early(8)).process(Sorted(), Types.STRING()))
sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(5))
show("sessions", keyed().window(sessions).trigger(Early(9)).allowed_lateness(6).process(Sorted(), Types.STRING()))
