"""A CoProcessFunction sees timestamps of both sides and writes to a side output."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import CoProcessFunction, OutputTag, StreamExecutionEnvironment

LATE = OutputTag("late", Types.STRING())


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Label(CoProcessFunction):
    def process_element1(self, value, ctx):
        yield f"left {value[0]} at {ctx.timestamp()}"

    def process_element2(self, value, ctx):
        if value[1] < 0:
            yield LATE, f"negative {value[0]}"
        else:
            yield f"right {value[0]} at {ctx.timestamp()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
pair = Types.TUPLE([Types.STRING(), Types.LONG()])
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
left = env.from_collection([("a", 10), ("b", 20)], type_info=pair).assign_timestamps_and_watermarks(strategy)
right = env.from_collection([("x", 5), ("y", -7)], type_info=pair).assign_timestamps_and_watermarks(strategy)
labelled = left.connect(right).process(Label(), output_type=Types.STRING())
labelled.print()
labelled.get_side_output(LATE).print()
env.execute()
