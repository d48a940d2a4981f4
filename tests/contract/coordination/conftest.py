"""Every contract test runs against Redis 7, Redis 6.2 and the in-memory twin."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.coordination.connection import connect
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.memory import MemoryCoordination

Fresh = Callable[[], Coordination]


@pytest.fixture(params=["redis7", "redis6.2", "twin"])
def fresh(request: pytest.FixtureRequest, redis_of: Callable[[str], Any], tmp_path: Path) -> Iterator[Fresh]:
    """Makes empty coordination planes: of one Redis and different prefixes, or twins."""
    if request.param == "twin":
        yield MemoryCoordination
        return
    with connect(redis_of(request.param).url) as client:
        yield lambda: Coordination(client, Keys(f"t{uuid.uuid4().hex[:12]}"), tmp_path)


@pytest.fixture
def coordination(fresh: Fresh) -> Coordination:
    """An empty coordination plane."""
    return fresh()
