"""Leases of holders that are gone end early; those of holders that are only late do not."""

import pytest
import redis

from penstock.coordination.holder import holder_of, new_nonce
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.memory.leases import MemoryLeases
from penstock.coordination.succession import Succession

TTL, INTERVAL = 1500, 400
#: ms since the last renewal: it should have come, and its holder has stopped acting
OVERDUE, OVER = INTERVAL * 5 // 4, TTL * 2 // 3


class World:
    """`now`: ms."""

    def __init__(self) -> None:
        self.now = 0
        leases = MemoryCoordination(now_ms=lambda: self.now).leases
        assert isinstance(leases, MemoryLeases)
        self.leases = leases
        self.succession = Succession(self.leases, TTL, INTERVAL, lambda: self.now)
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


def test_a_lease_of_the_dead_is_free_when_its_holder_has_stopped_acting(world: World) -> None:
    world.lead("job:a", "dead")
    world.lead("job:b", "alive")
    roles = ["job:a", "job:b"]
    assert world.succession.look(roles) == ([], OVERDUE), "nothing is overdue yet"
    world.now = OVERDUE - 1
    assert world.succession.look(roles) == ([], 1)
    world.now = OVERDUE
    assert world.succession.look(roles) == ([], OVER - OVERDUE)
    world.now = OVER - 1
    assert world.succession.look(roles) == ([], 1)
    world.now = OVER
    assert world.succession.look(roles) == (["job:a"], TTL - OVER), "the other has all of its TTL"
    assert world.leases.acquire("job:a", "next", TTL) == 2
    world.now = TTL
    assert "job:b" in world.succession.look(roles).free


def test_who_has_no_connection_gets_the_time_to_make_one(world: World) -> None:
    """After a restart of Redis whoever is back first sees the leases of all others overdue, and nobody connected."""
    nonce = world.lead("job:a", "back in a moment")
    world.now = OVER
    assert world.succession.look(["job:a"]) == ([], OVERDUE)
    world.now = OVER + OVERDUE - 1
    world.leases.connected.add("back in a moment")
    assert world.succession.look(["job:a"]).free == []
    world.leases.connected.clear()
    world.now += 1
    assert world.succession.look(["job:a"]).free == ["job:a"], "expired by now"
    assert not world.leases.renew("job:a", nonce, TTL)


def test_what_was_seen_before_an_outage_says_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> set[str]:
        raise redis.ConnectionError("gone")

    world.lead("job:a", "cut off too")
    world.now = OVERDUE
    assert world.succession.look(["job:a"]).free == []
    with monkeypatch.context() as patched:
        patched.setattr(world.leases, "holders", away)
        with pytest.raises(redis.ConnectionError):
            world.succession.look(["job:a"])
    world.now = OVER
    assert world.succession.look(["job:a"]).free == []


def test_whoever_renews_in_the_last_moment_keeps_the_lease(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = world.lead("job:a", "reconnecting")
    world.now = OVERDUE
    assert world.succession.look(["job:a"]).free == []
    world.now = OVER
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
    for world.now in (OVERDUE, OVER):
        assert world.succession.look(["job:a"]) == ([], TTL - world.now)


@pytest.mark.parametrize(
    "error",
    [
        redis.exceptions.NoPermissionError("this user has no permissions to run the 'client|list' command"),
        redis.ResponseError("unknown subcommand 'LIST'"),
    ],
)
def test_where_connections_cannot_be_listed_leases_expire(
    world: World, monkeypatch: pytest.MonkeyPatch, error: redis.ResponseError
) -> None:
    def refused() -> set[str]:
        raise error

    world.lead("job:a", "dead")
    monkeypatch.setattr(world.leases, "holders", refused)
    for world.now in (OVERDUE, OVER):
        assert world.succession.look(["job:a"]) == ([], TTL - world.now)
    world.now = TTL
    assert world.succession.look(["job:a"]).free == ["job:a"]
