"""Leases of holders that are gone end early; those of holders that are only late do not."""

import pytest
import redis

from penstock.coordination.holder import holder_of, new_nonce
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.memory.leases import MemoryLeases
from penstock.coordination.succession import Succession

TTL, INTERVAL = 1500, 400
#: ms that are left of a lease which is late
LATE = TTL - 2 * INTERVAL


class World:
    """`now`: ms."""

    def __init__(self) -> None:
        self.now = 0
        leases = MemoryCoordination(now_ms=lambda: self.now).leases
        assert isinstance(leases, MemoryLeases)
        self.leases = leases
        self.succession = Succession(self.leases, TTL, INTERVAL)
        self.leases.connected.add("alive")

    def lead(self, role: str, holder: str) -> str:
        nonce = new_nonce(holder)
        assert self.leases.acquire(role, nonce, TTL)
        return nonce


@pytest.fixture
def world() -> World:
    return World()


def test_a_nonce_tells_its_holder() -> None:
    assert holder_of(new_nonce("alive")) == "alive"
    assert new_nonce("alive") != new_nonce("alive")
    assert holder_of("of an older version") == ""


def test_what_nobody_holds_is_free(world: World) -> None:
    world.lead("job:a", "alive")
    assert world.succession.look(["job:b", "job:a", "job:c"]).free == ["job:b", "job:c"]
    assert world.succession.look([]) == ([], None)


def test_a_lease_of_the_dead_is_free_after_two_intervals(world: World) -> None:
    world.lead("job:a", "dead")
    world.lead("job:b", "alive")
    roles = ["job:a", "job:b"]
    assert world.succession.look(roles) == ([], 2 * INTERVAL), "nothing is late yet"
    world.now = 2 * INTERVAL - 1
    assert world.succession.look(roles) == ([], 1)
    world.now = 2 * INTERVAL
    assert world.succession.look(roles) == (["job:a"], LATE), "the other has all of its TTL"
    assert world.leases.acquire("job:a", "next", TTL) == 2
    world.now = TTL
    assert "job:b" in world.succession.look(roles).free


def test_whoever_renews_in_the_last_moment_keeps_the_lease(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = world.lead("job:a", "reconnecting")
    world.now = 2 * INTERVAL
    holders = world.leases.holders

    def renewed_meanwhile() -> set[str]:
        found = holders()
        assert world.leases.renew("job:a", nonce, TTL)
        return found

    monkeypatch.setattr(world.leases, "holders", renewed_meanwhile)
    assert world.succession.look(["job:a"]).free == []
    assert world.leases.renew("job:a", nonce, TTL)


def test_a_holder_that_is_not_told_by_its_nonce_is_waited_for(world: World) -> None:
    assert world.leases.acquire("job:a", "of an older version", TTL)
    world.now = 2 * INTERVAL
    assert world.succession.look(["job:a"]) == ([], LATE)


def test_where_connections_may_not_be_listed_leases_expire(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> set[str]:
        raise redis.exceptions.NoPermissionError("this user has no permissions to run the 'client|list' command")

    world.lead("job:a", "dead")
    world.now = 2 * INTERVAL
    monkeypatch.setattr(world.leases, "holders", refused)
    assert world.succession.look(["job:a"]) == ([], LATE)
    world.now = TTL
    assert world.succession.look(["job:a"]).free == ["job:a"]


def test_with_a_ttl_of_two_intervals_nothing_is_late(world: World) -> None:
    world.lead("job:a", "dead")
    world.now = TTL - 1
    assert Succession(world.leases, TTL, TTL // 2).look(["job:a"]) == ([], 1)
