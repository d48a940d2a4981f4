"""BATCH: the event-time timers of a key fire behind all of its records; timers set by timers are ignored."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Times(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Timers(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, ctx):
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        timers = ctx.timer_service()
        timers.register_event_time_timer(2)
        timers.register_event_time_timer(value[1] + 100)
        if value[1] == 3:
            timers.delete_event_time_timer(101)
        yield f"{value} {count} {ctx.timestamp()} {timers.current_watermark()}"

    def on_timer(self, timestamp, ctx):
        watermark = ctx.timer_service().current_watermark()
        yield f"{ctx.get_current_key()} {timestamp} {ctx.time_domain().name} {self.count.value()} {watermark}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
stream = env.from_collection(data, pair).assign_timestamps_and_watermarks(strategy)
show("timers", stream.key_by(lambda v: v[0], Types.STRING()).process(Timers(), Types.STRING()))
