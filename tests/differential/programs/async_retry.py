"""Retries by result and by exception, with a fixed and an exponential delay."""

import sys

from pyflink.common import Time, Types
from pyflink.datastream import AsyncDataStream, AsyncFunction, StreamExecutionEnvironment
from pyflink.datastream.async_retry_predicates import empty_result_predicate
from pyflink.datastream.functions import AsyncRetryStrategy


class Flaky(AsyncFunction):
    def __init__(self, raises):
        self.raises = raises

    def open(self, runtime_context):
        self.calls = {}

    async def async_invoke(self, value):
        self.calls[value] = self.calls.get(value, 0) + 1
        if self.calls[value] < value:
            if self.raises:
                raise ValueError(f"call {self.calls[value]} of {value}")
            return []
        return [f"{value} after {self.calls[value]} calls, {'raising' if self.raises else 'empty'}"]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(sys.argv[1]))
numbers = env.from_collection([1, 2, 3, 4], type_info=Types.INT())
fixed = AsyncRetryStrategy.fixed_delay(3, 10, empty_result_predicate, None)
growing = AsyncRetryStrategy.exponential_backoff(5, 5, 50, 2.0, None, lambda error: isinstance(error, ValueError))
AsyncDataStream.ordered_wait_with_retry(
    numbers, Flaky(False), Time.seconds(10), fixed, output_type=Types.STRING()
).print()
AsyncDataStream.unordered_wait_with_retry(
    numbers, Flaky(True), Time.seconds(10), growing, output_type=Types.STRING()
).print()
env.execute()
