"""A record that takes too long is replaced by what timeout() gives; retries end with it."""

import asyncio
import sys

from pyflink.common import Time, Types
from pyflink.datastream import AsyncDataStream, AsyncFunction, StreamExecutionEnvironment
from pyflink.datastream.async_retry_predicates import empty_result_predicate
from pyflink.datastream.functions import AsyncRetryStrategy


class Slow(AsyncFunction):
    async def async_invoke(self, value):
        if value == 2:
            await asyncio.sleep(3)
        return [f"{value} in time"]

    def timeout(self, value):
        return [f"{value} timed out"]


class Empty(AsyncFunction):
    async def async_invoke(self, value):
        return []

    def timeout(self, value):
        return [f"{value} gave up"]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([1, 2, 3], type_info=Types.INT())
AsyncDataStream.ordered_wait(numbers, Slow(), Time.milliseconds(600), output_type=Types.STRING()).print()
retry = AsyncRetryStrategy.fixed_delay(1000, 100, empty_result_predicate, None)
AsyncDataStream.unordered_wait_with_retry(
    numbers, Empty(), Time.milliseconds(600), retry, output_type=Types.STRING()
).print()
env.execute()
