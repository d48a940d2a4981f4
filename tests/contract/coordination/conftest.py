"""Every contract test runs against Redis 7, Redis 6.2, the in-memory twin, and Redis 7 with a cluster secret."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.coordination.connection import connect
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.memory import MemoryCoordination
from penstock.security.keyring import UNSIGNED, Keyring

Fresh = Callable[[], Coordination]


@pytest.fixture(params=["redis7", "redis6.2", "twin", "sealed"])
def fresh(request: pytest.FixtureRequest, redis_of: Callable[[str], Any], tmp_path: Path) -> Iterator[Fresh]:
    """Makes empty coordination planes: of one Redis and different prefixes, or twins."""
    if request.param == "twin":
        yield MemoryCoordination
        return
    sealed = request.param == "sealed"
    keyring = Keyring(b"a secret of the tests") if sealed else UNSIGNED
    with connect(redis_of("redis7" if sealed else request.param).url) as client:
        yield lambda: Coordination(client, Keys(f"t{uuid.uuid4().hex[:12]}"), tmp_path, keyring)


@pytest.fixture
def coordination(fresh: Fresh) -> Coordination:
    """An empty coordination plane."""
    return fresh()
