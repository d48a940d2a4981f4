"""Streams of one type united, of two and three, and with themselves."""

import sys

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


class Counts(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield ctx.get_current_key() + 1


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


a = env.from_collection([1, 2], Types.INT())
b = env.from_collection([10, 20], Types.INT()).map(lambda v: v + 1, Types.INT())
c = env.from_collection([100], Types.INT())
show("two", a.union(b))
show("three", a.union(b, c).map(lambda v: v * 2, Types.INT()))
show("keyed", a.union(c).key_by(lambda v: 0, Types.INT()).process(Counts(), Types.INT()))
show("nested", a.union(b).filter(lambda v: v > 1).union(c))
