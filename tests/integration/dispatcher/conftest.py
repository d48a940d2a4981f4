from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .replicas import DispatcherProcess

StartDispatcher = Callable[..., DispatcherProcess]
StartRedis = Callable[..., Any]


@pytest.fixture
def start_dispatcher(redis_url: str, prefix: str) -> Iterator[StartDispatcher]:
    """`start_dispatcher(redis_url=…, **{"key": "value"})`: one more replica of this test's cluster."""
    started: list[DispatcherProcess] = []

    def start(url: str = redis_url, **settings: Any) -> DispatcherProcess:
        started.append(DispatcherProcess(url, prefix, **settings))
        return started[-1]

    yield start
    for replica in started:
        replica.close()
