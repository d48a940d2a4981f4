"""BATCH: count windows see a key's records by timestamp."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

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


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
many = [("ab"[i % 2], i * 7 % 50) for i in range(100)]
stream = env.from_collection(many, pair).assign_timestamps_and_watermarks(strategy)
keyed = stream.key_by(lambda v: v[0], Types.STRING())
show("tumbling", keyed.count_window(7).reduce(lambda a, b: (a[0] + b[0], a[1] * 10 + b[1])))
show("sliding", keyed.count_window(4, 3).reduce(lambda a, b: (a[0] + b[0], a[1] + b[1])))
