"""ReducingState and AggregatingState."""

import sys

from pyflink.common import Types
from pyflink.datastream import AggregateFunction, KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import AggregatingStateDescriptor, ReducingStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Averages(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]


class States(KeyedProcessFunction):
    def open(self, runtime_context):
        total = ReducingStateDescriptor("total", lambda a, b: a + b, Types.INT())
        self.total = runtime_context.get_reducing_state(total)
        average = AggregatingStateDescriptor("average", Averages(), Types.TUPLE([Types.INT(), Types.INT()]))
        self.average = runtime_context.get_aggregating_state(average)

    def process_element(self, value, ctx):
        self.total.add(value[1])
        self.average.add(value[1])
        yield f"{value[0]} {self.total.get()} {self.average.get()}"
        if value[1] == 4:
            self.total.clear()


data = [("a", 1), ("b", 2), ("a", 4), ("a", 5), ("b", 6)]
keyed = env.from_collection(data, Types.TUPLE([Types.STRING(), Types.INT()])).key_by(lambda v: v[0], Types.STRING())
show("state", keyed.process(States(), Types.STRING()))
