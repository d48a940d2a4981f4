"""Enriches records from a service that is slow and sometimes fails: many calls under way, retries, a default.

    python examples/async_enrichment.py                        in this process
    penstock run -m HOST:PORT -p 4 examples/async_enrichment.py   on a cluster

The service here is a dict behind `asyncio.sleep`; a real one would be an HTTP client made in `open`.
"""

import asyncio
from typing import Any

from penstock.common import Time, Types
from penstock.datastream import AsyncDataStream, AsyncFunction, RuntimeContext, StreamExecutionEnvironment
from penstock.datastream.functions import AsyncRetryStrategy

CITIES = {1: "Lisbon", 2: "Oslo", 3: "Quito"}


class Lookup(AsyncFunction[int, str]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.failed: set[int] = set()

    async def async_invoke(self, value: int) -> list[str]:
        await asyncio.sleep(0.01)
        if value == 2 and value not in self.failed:
            self.failed.add(value)
            raise ConnectionError("the service is away")
        if value not in CITIES:
            await asyncio.sleep(3600)
        return [f"{value} is {CITIES[value]}"]

    def timeout(self, value: int) -> list[str]:
        return [f"{value} is unknown"]


def is_away(error: Any) -> bool:
    return isinstance(error, ConnectionError)


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_collection([1, 2, 3, 4], Types.INT())
    retry = AsyncRetryStrategy.exponential_backoff(5, 10, 100, 2.0, None, is_away)
    AsyncDataStream.ordered_wait_with_retry(
        numbers, Lookup(), Time.seconds(1), retry, capacity=50, output_type=Types.STRING()
    ).print()
    env.execute("cities")


if __name__ == "__main__":
    main()
