"""sum, min, max, min_by and max_by of tuples, by position."""

import sys

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


triple = Types.TUPLE([Types.STRING(), Types.INT(), Types.DOUBLE()])
data = [("a", 3, 0.5), ("b", 9, 1.5), ("a", 1, 2.5), ("a", 2, 1.0), ("b", 10, 0.25)]
keyed = env.from_collection(data, triple).key_by(lambda v: v[0], Types.STRING())
show("sum", keyed.sum(1))
show("sum double", keyed.sum(2))
show("min", keyed.min(1))
show("max", keyed.max(2))
show("min_by", keyed.min_by(1))
show("max_by", keyed.max_by(2))
numbers = env.from_collection([5, 2, 7, 1], Types.INT()).key_by(lambda v: v % 2, Types.INT())
show("numbers", numbers.sum())
show("least", numbers.min())
