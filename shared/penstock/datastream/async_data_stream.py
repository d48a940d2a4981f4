"""AsyncDataStream. Source: `pyflink.datastream.async_data_stream`."""

import inspect
from typing import Any

from penstock.common.time import Time
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.async_functions import AsyncFunction, AsyncRetryStrategy
from penstock.datastream.async_retry_strategies import NO_RETRY_STRATEGY, NoRetryStrategy
from penstock.datastream.data_stream import DataStream, _declared
from penstock.datastream.user_code import check_type
from penstock.operators.specs import AsyncWaitSpec

__all__ = ["AsyncDataStream"]


class AsyncDataStream:
    """Applies an AsyncFunction to a stream.

    At most `capacity` records are under way in a subtask. `timeout` counts from the first call for a record, over its
    retries too; not positive: none.
    """

    @staticmethod
    def unordered_wait(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Results as they come; but none overtakes a watermark or is overtaken by one."""
        return AsyncDataStream.unordered_wait_with_retry(
            data_stream, async_function, timeout, NO_RETRY_STRATEGY, capacity, output_type
        )

    @staticmethod
    def unordered_wait_with_retry(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        return _wait(data_stream, async_function, timeout, async_retry_strategy, capacity, output_type, False)

    @staticmethod
    def ordered_wait(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Results in the order of the records."""
        return AsyncDataStream.ordered_wait_with_retry(
            data_stream, async_function, timeout, NO_RETRY_STRATEGY, capacity, output_type
        )

    @staticmethod
    def ordered_wait_with_retry(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        return _wait(data_stream, async_function, timeout, async_retry_strategy, capacity, output_type, True)


def _wait(
    stream: DataStream,
    function: AsyncFunction[Any, Any],
    timeout: Time,
    strategy: AsyncRetryStrategy[Any],
    capacity: int,
    output_type: TypeInformation | None,
    is_ordered: bool,
) -> DataStream:
    if not inspect.iscoroutinefunction(getattr(function, "async_invoke", None)):
        raise TypeError(f"Method 'async_invoke' of class '{type(function)}' should be declared as 'async def'.")
    if strategy is None:
        raise ValueError("Async retry strategy should not be None.")
    if strategy.get_retry_predicate() is None:
        raise ValueError(f"Retry predicate of the async retry strategy '{type(strategy)}' is None.")
    if not isinstance(strategy, NoRetryStrategy) and timeout.to_milliseconds() <= 0:
        raise ValueError("Timeout should be configured when do async with retry.")
    if capacity < 1:
        raise ValueError(f"the capacity is the number of records under way, at least 1: {capacity}")
    output = check_type(output_type)
    spec = AsyncWaitSpec(
        function, timeout.to_milliseconds(), capacity, strategy, is_ordered, output_type=_declared(output)
    )
    return stream._then("async wait operator", spec, output)
