"""BATCH: side outputs of plain and keyed process functions, from timers too."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import (
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)

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


odd = OutputTag("odd", Types.STRING())
ended = OutputTag("ended", Types.STRING())


class Split(ProcessFunction):
    def process_element(self, value, ctx):
        if value[1] % 2:
            yield odd, f"{value[0]}{value[1]}"
        yield value


class Ends(KeyedProcessFunction):
    def process_element(self, value, ctx):
        # once a key: PyFlink may fire it twice where it is set again while the timers of the key before fire
        if value[1] < 3:
            ctx.timer_service().register_event_time_timer(100)
        yield value

    def on_timer(self, timestamp, ctx):
        yield ended, f"{ctx.get_current_key()} at {timestamp}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
stream = env.from_collection([*data, ("c", 2), ("b", 8)], pair).assign_timestamps_and_watermarks(strategy)
split = stream.process(Split(), pair)
show("odd", split.get_side_output(odd))
split = stream.process(Split(), pair)
sums = split.key_by(lambda v: v[0], Types.STRING()).sum(1).map(lambda v: f"{v[0]}={v[1]}", Types.STRING())
show("sums and odd", sums.union(split.get_side_output(odd)))
ends = stream.key_by(lambda v: v[0], Types.STRING()).process(Ends(), pair)
show("ended", ends.get_side_output(ended))
