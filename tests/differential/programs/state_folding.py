"""Reducing and aggregating state."""

import sys

from pyflink.common import Types
from pyflink.datastream import AggregateFunction, FlatMapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import AggregatingStateDescriptor, ReducingStateDescriptor


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Fold(FlatMapFunction):
    def open(self, runtime_context):
        pair = Types.TUPLE([Types.INT(), Types.INT()])
        self.highest = runtime_context.get_reducing_state(ReducingStateDescriptor("highest", max, Types.INT()))
        self.mean = runtime_context.get_aggregating_state(AggregatingStateDescriptor("mean", Mean(), pair))

    def flat_map(self, value):
        yield f"{value[0]} before {value[1]}: {self.highest.get()} {self.mean.get()}"
        self.highest.add(value[1])
        self.mean.add(value[1])
        yield f"{value[0]} after {value[1]}: {self.highest.get()} {self.mean.get()}"
        if value[1] == 9:
            self.highest.clear()
            self.mean.clear()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
pairs = env.from_collection(
    [("a", 4), ("b", 1), ("a", 2), ("a", 9), ("a", 3)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
)
pairs.key_by(lambda p: p[0], key_type=Types.STRING()).flat_map(Fold(), output_type=Types.STRING()).print()
env.execute()
