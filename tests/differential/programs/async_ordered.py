"""Results in the order of the input, several or none a record."""

import asyncio
import sys

from pyflink.common import Time, Types
from pyflink.datastream import AsyncDataStream, AsyncFunction, StreamExecutionEnvironment


class Lookup(AsyncFunction):
    async def async_invoke(self, value):
        await asyncio.sleep(0.05 * (5 - value))
        return [f"{value}.{n}" for n in range(value % 3)]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([1, 2, 3, 4, 5], type_info=Types.INT())
AsyncDataStream.ordered_wait(numbers, Lookup(), Time.seconds(10), 2, Types.STRING()).print()
env.execute()
