"""BATCH: keyed aggregations give their last value only."""

import sys

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


env.set_runtime_mode(RuntimeExecutionMode.BATCH)
pair = Types.TUPLE([Types.STRING(), Types.INT()])
keyed = env.from_collection([("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)], pair).key_by(lambda v: v[0])
show("reduce", keyed.reduce(lambda a, b: (a[0], a[1] + b[1])))
show("sum", keyed.sum(1))
show("max_by", keyed.max_by(1))
show("map", keyed.reduce(lambda a, b: (a[0], a[1] + b[1])).map(lambda v: v[1] * 10, Types.INT()))
