"""BATCH: a union is sorted by key and time as one input."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment
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


class Seen(KeyedProcessFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.LONG()))

    def process_element(self, value, ctx):
        self.seen.add(value[1])
        yield f"{value[0]} {list(self.seen.get())}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
first = env.from_collection(data, pair).assign_timestamps_and_watermarks(strategy)
second = env.from_collection([("a", 4), ("b", 2), ("c", 7), ("a", 0)], pair).assign_timestamps_and_watermarks(strategy)
union = first.union(second, first.map(lambda v: ("d", v[1]), pair))
show("keyed", union.key_by(lambda v: v[0], Types.STRING()).process(Seen(), Types.STRING()))
show("sum", union.key_by(lambda v: v[0], Types.STRING()).sum(1))
show("plain", union.map(lambda v: f"{v[0]}{v[1]}", Types.STRING()))
