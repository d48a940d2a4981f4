"""Event-time timers: deduplicated by key and time, fired in order, deleted."""

import sys

from pyflink.common import Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Times(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Timers(KeyedProcessFunction):
    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_event_time_timer(value[1] // 10 * 10 + 10)
        timers.register_event_time_timer(500)
        if value[0] == "b":
            timers.delete_event_time_timer(500)
        yield f"{value[0]} {value[1]}"

    def on_timer(self, timestamp, ctx):
        yield f"fired {ctx.get_current_key()} {timestamp} {ctx.time_domain().name} {ctx.timestamp()}"
        if timestamp == 500:
            ctx.timer_service().register_event_time_timer(600)


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("a", 1), ("b", 5), ("a", 7), ("a", 25), ("b", 31), ("a", 4)]
strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(5)).with_timestamp_assigner(Times())
stream = env.from_collection(data, pair).assign_timestamps_and_watermarks(strategy)
show("timers", stream.key_by(lambda v: v[0], Types.STRING()).process(Timers(), Types.STRING()))
