"""Side outputs of a keyed process function, from elements and from timers."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, OutputTag, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


late = OutputTag("fired", Types.STRING())


class Sorts(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 100)
        yield value[0]
        yield late, f"element {value[0]} {ctx.timestamp()}"

    def on_timer(self, timestamp, ctx):
        yield late, f"timer {ctx.get_current_key()} {timestamp}"


class Times(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
stream = env.from_collection([("a", 1), ("b", 2), ("a", 3)], pair).assign_timestamps_and_watermarks(strategy)
processed = stream.key_by(lambda v: v[0], Types.STRING()).process(Sorts(), Types.STRING())
show("side", processed.get_side_output(late))
