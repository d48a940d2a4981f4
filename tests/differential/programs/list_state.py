"""ListState: add, add_all, update, iteration, clear."""

import sys

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Collects(KeyedProcessFunction):
    def open(self, runtime_context):
        self.values = runtime_context.get_list_state(ListStateDescriptor("values", Types.INT()))

    def process_element(self, value, ctx):
        self.values.add(value[1])
        if value[1] == 3:
            self.values.add_all([30, 31])
        if value[1] == 5:
            self.values.update([50])
        yield f"{value[0]} {list(self.values)} {list(self.values.get())}"
        if value[1] == 4:
            self.values.clear()
            yield f"{value[0]} cleared {list(self.values.get())}"


data = [("a", 1), ("b", 2), ("a", 3), ("a", 4), ("b", 5), ("a", 6), ("b", 7)]
keyed = env.from_collection(data, Types.TUPLE([Types.STRING(), Types.INT()])).key_by(lambda v: v[0], Types.STRING())
show("state", keyed.process(Collects(), Types.STRING()))
