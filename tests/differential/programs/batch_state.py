"""BATCH: keyed state, one key at a time, a key's records by timestamp."""

import sys

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, MapFunction, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

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


class States(KeyedProcessFunction):
    def open(self, runtime_context):
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.LONG()))
        self.parity = runtime_context.get_map_state(MapStateDescriptor("parity", Types.LONG(), Types.LONG()))

    def process_element(self, value, ctx):
        self.sum.update((self.sum.value() or 0) + value[1])
        self.seen.add(value[1])
        self.parity.put(value[1] % 2, value[1])
        yield f"{value[0]} {self.sum.value()} {list(self.seen.get())} {sorted(self.parity.items())}"


class Numbered(MapFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def map(self, value):
        self.count.update((self.count.value() or 0) + 1)
        return f"{value[0]} {value[1]} is number {self.count.value()}"


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Times())
stream = env.from_collection([*data, ("c", 8), ("a", 2)], pair).assign_timestamps_and_watermarks(strategy)
show("process", stream.key_by(lambda v: v[0], Types.STRING()).process(States(), Types.STRING()))
show("map", stream.key_by(lambda v: v[0], Types.STRING()).map(Numbered(), Types.STRING()))
show("not keyed", stream.map(lambda v: v[1] * 2, Types.LONG()).filter(lambda v: v > 4))
