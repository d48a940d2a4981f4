"""BATCH: what partitionings give to counts of records. Not broadcast: PyFlink adapts the parallelism to the data."""

import sys

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


numbers = env.from_collection(list(range(20)), Types.INT())
for name in ("rebalance", "rescale"):
    stream = getattr(numbers.map(lambda v: v, Types.INT()), name)().map(
        lambda v: (v % 3, 1), Types.TUPLE([Types.INT(), Types.INT()])
    )
    show(name, stream.key_by(lambda v: v[0], Types.INT()).sum(1))
