"""BATCH: async I/O between bounded stages."""

import sys

from pyflink.common import Time, Types
from pyflink.datastream import AsyncDataStream, AsyncFunction, RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
env.set_runtime_mode(RuntimeExecutionMode.BATCH)


def show(name, stream):
    with stream.execute_and_collect() as results:
        for result in results:
            print(name, repr(result))


class Double(AsyncFunction):
    async def async_invoke(self, value):
        return [(value[0], value[1] * 2)]


pair = Types.TUPLE([Types.STRING(), Types.LONG()])
data = [("b", 5), ("a", 9), ("b", 1), ("a", 3), ("b", 3), ("a", 1)]
stream = env.from_collection(data, pair)
doubled = AsyncDataStream.ordered_wait(stream, Double(), Time.seconds(5), 3, pair)
show("sum", doubled.key_by(lambda v: v[0], Types.STRING()).sum(1))
