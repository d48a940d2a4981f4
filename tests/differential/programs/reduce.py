"""Rolling reduction of tuples, with a function and a ReduceFunction."""

import sys

from pyflink.common import Types
from pyflink.datastream import ReduceFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Adds(ReduceFunction):
    def reduce(self, value1, value2):
        return value1[0], value1[1] + value2[1]


pair = Types.TUPLE([Types.STRING(), Types.INT()])
pairs = env.from_collection([("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5), ("a", 6)], pair)
show("lambda", pairs.key_by(lambda v: v[0], Types.STRING()).reduce(lambda a, b: (a[0], a[1] * b[1])))
show("rich", pairs.key_by(lambda v: v[0]).reduce(Adds()))
show("mapped", pairs.key_by(lambda v: v[1] % 2).reduce(Adds()).map(lambda v: v[1], Types.INT()))
