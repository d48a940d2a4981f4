"""Every partitioning keeps every record; broadcast repeats it."""

import sys

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


numbers = env.from_collection(list(range(12)), Types.INT())
show("rebalance", numbers.rebalance().map(lambda v: v, Types.INT()))
show("rescale", numbers.rescale().map(lambda v: v, Types.INT()))
show("shuffle", numbers.shuffle().map(lambda v: v, Types.INT()))
show("broadcast", env.from_collection([1, 2], Types.INT()).broadcast().map(lambda v: v * 10, Types.INT()))
one = numbers.map(lambda v: v, Types.INT()).set_parallelism(1)
show("forward", one.forward().map(lambda v: v, Types.INT()).set_parallelism(1))
