"""Connectors to Redis against each version of it there is."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis


@pytest.fixture
def url(any_redis_server: Any) -> str:
    return str(any_redis_server.url)


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with redis.Redis.from_url(url, protocol=2) as connected:
        yield connected
