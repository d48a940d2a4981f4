"""BATCH: both inputs of a key merged by time; where times are equal they alternate."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

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


class Both(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.STRING()))

    def process_element1(self, value, ctx):
        self.seen.add(f"l{value[1]}")
        if value[1] == 9:
            ctx.timer_service().register_event_time_timer(5)
        yield f"{value} {list(self.seen.get())} {ctx.timestamp()}"

    def process_element2(self, value, ctx):
        self.seen.add(f"r{value[1]}")
        if value[1] == 9:
            ctx.timer_service().register_event_time_timer(7)
        yield f"{value} {list(self.seen.get())} {ctx.timestamp()}"

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} at {timestamp}: {list(self.seen.get())}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
others = [("a", 2), ("c", 9), ("a", 4), ("c", 3), ("a", 2), ("a", 3)]


def key(value):
    return value[0]


left, right = env.from_collection(data, pair), env.from_collection(others, pair)
both = left.key_by(key, Types.STRING()).connect(right.key_by(key, Types.STRING()))
show("without times", both.process(Both(), Types.STRING()))
left, right = (s.assign_timestamps_and_watermarks(strategy) for s in (left, right))
both = left.key_by(key, Types.STRING()).connect(right.key_by(key, Types.STRING()))
show("by time", both.process(Both(), Types.STRING()))
