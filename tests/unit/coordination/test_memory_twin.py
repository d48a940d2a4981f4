"""What only the twin can: a clock of one's own, and being away at will."""

import pytest
import redis

from penstock.coordination.connection import is_away
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.memory.keyspace import parse_id


def test_leases_expire_by_the_given_clock() -> None:
    now = 1000
    twin = MemoryCoordination(now_ms=lambda: now)
    assert twin.leases.acquire("job:1", "a", 1500) == 1
    now += 1499
    assert twin.leases.free(["job:1"]) == []
    now += 1
    assert twin.leases.free(["job:1"]) == ["job:1"]
    assert twin.leases.acquire("job:1", "b", 1500) == 2


def test_stream_ids_rise_even_when_the_clock_does_not() -> None:
    now = 7
    twin = MemoryCoordination(now_ms=lambda: now)
    ids = [twin.events.append("s", b"") for _ in range(3)]
    now = 5
    ids.append(twin.events.append("s", b""))
    assert ids == ["7-0", "7-1", "7-2", "7-3"]


def test_away() -> None:
    twin = MemoryCoordination()
    twin.space.away = True
    with pytest.raises(redis.ConnectionError) as error:
        twin.leases.acquire("job:1", "a", 1500)
    assert is_away(error.value)
    twin.space.away = False
    assert twin.leases.acquire("job:1", "a", 1500) == 1


@pytest.mark.parametrize("entry", ["", "x", "1-x", "-1"])
def test_what_is_no_stream_id(entry: str) -> None:
    with pytest.raises(ValueError, match="not a stream id"):
        parse_id(entry)
