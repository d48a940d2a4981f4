"""BATCH: reduce sees a key's records by timestamp, in order of arrival where there is none."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment

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


class Stamped(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
keyed = (
    env.from_collection(data, pair).assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], Types.STRING())
)
show("by time", keyed.reduce(lambda a, b: (a[0] + b[0], a[1] * 10 + b[1])).process(Stamped(), Types.STRING()))
keyed = env.from_collection(data, pair).key_by(lambda v: v[0], Types.STRING())
show("as they came", keyed.reduce(lambda a, b: (a[0] + b[0], a[1] * 10 + b[1])).process(Stamped(), Types.STRING()))
reduced = (
    env.from_collection(data, pair).key_by(lambda v: v[0], Types.STRING()).reduce(lambda a, b: (a[0], a[1] + b[1]))
)
show("twice", reduced.key_by(lambda v: len(v[0]), Types.INT()).reduce(lambda a, b: (min(a[0], b[0]), a[1] + b[1])))
