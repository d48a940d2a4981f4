"""BATCH: all of the broadcast side, then key after key with its timers."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedBroadcastProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

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


descriptor = MapStateDescriptor("rules", Types.STRING(), Types.LONG())


class Rules(KeyedBroadcastProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 10)
        rules = sorted(ctx.get_broadcast_state(descriptor).items())
        yield f"{value} {rules} {ctx.timestamp()} {ctx.current_watermark()}"

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(descriptor)
        state.put(value[0], (state.get(value[0]) or 0) + value[1])

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} {timestamp} {ctx.get_broadcast_state(descriptor).get('x')}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
stream = env.from_collection(data, pair).assign_timestamps_and_watermarks(strategy)
rules = env.from_collection([("x", 2), ("y", 9), ("x", 4)], pair).broadcast(descriptor)
show("rules", stream.key_by(lambda v: v[0], Types.STRING()).connect(rules).process(Rules(), Types.STRING()))
