"""Event-time timers over both inputs: a timer fires when the slower side's watermark has passed."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, StreamExecutionEnvironment, TimeDomain
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Pair(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.sums = runtime_context.get_map_state(MapStateDescriptor("sums", Types.STRING(), Types.LONG()))
        self.timer = runtime_context.get_state(ValueStateDescriptor("timer", Types.LONG()))

    def add(self, side, value, ctx):
        self.sums.put(side, (self.sums.get(side) or 0) + value[2])
        if self.timer.value() is None:
            self.timer.update(1000)
            ctx.timer_service().register_event_time_timer(1000)
            ctx.timer_service().register_event_time_timer(500)
            ctx.timer_service().delete_event_time_timer(500)

    def process_element1(self, value, ctx):
        self.add("left", value, ctx)

    def process_element2(self, value, ctx):
        self.add("right", value, ctx)

    def on_timer(self, timestamp, ctx):
        assert ctx.time_domain() == TimeDomain.EVENT_TIME
        sums = sorted(self.sums.items())
        self.sums.clear()
        yield f"{ctx.get_current_key()} at {timestamp} {ctx.timestamp()}: {sums} {self.sums.is_empty()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
record = Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()])
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
left = env.from_collection([("a", 1, 1), ("b", 2, 2), ("a", 3, 3)], type_info=record)
right = env.from_collection([("a", 4, 10), ("c", 5, 20), ("c", 6, 30)], type_info=record)
left = left.assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], key_type=Types.STRING())
right = right.assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], key_type=Types.STRING())
left.connect(right).process(Pair(), output_type=Types.STRING()).print()
env.execute()
