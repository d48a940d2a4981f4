"""ValueState: initial None, update, clear; one of two states of a key."""

import sys

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, MapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Remembers(KeyedProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.INT()))
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.STRING()))

    def process_element(self, value, ctx):
        before = self.total.value()
        self.total.update((before or 0) + value[1])
        yield f"{value[0]} before {before} now {self.total.value()} last {self.last.value()}"
        self.last.update(f"{value[0]}{value[1]}")
        if value[1] == 3:
            self.total.clear()


data = [("a", 1), ("b", 2), ("a", 3), ("a", 4), ("b", 5), ("a", 6)]
keyed = env.from_collection(data, Types.TUPLE([Types.STRING(), Types.INT()])).key_by(lambda v: v[0], Types.STRING())
show("state", keyed.process(Remembers(), Types.STRING()))


class Numbers(MapFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def map(self, value):
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        return value[0], count


show("map", keyed.map(Numbers(), Types.TUPLE([Types.STRING(), Types.LONG()])))
