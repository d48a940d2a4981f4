"""The registry of live processes."""

import time

import msgspec
import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.rows import ServiceInfo

pytestmark = pytest.mark.contract


def service(kind: str, id: str, **fields: object) -> ServiceInfo:
    return msgspec.structs.replace(ServiceInfo(service=kind, id=id, pid=7, host="h", time=0), **fields)


def test_the_living_sorted_and_dated_by_redis(coordination: Coordination) -> None:
    announced = [service("slot", "b"), service("slot", "a", jobs=()), service("jobmanager", "z", jobs=("j1", "j2"))]
    for one in announced:
        coordination.registry.announce(one)
    alive = coordination.registry.alive()
    assert [(one.service, one.id) for one in alive] == [("jobmanager", "z"), ("slot", "a"), ("slot", "b")]
    assert alive[0].jobs == ("j1", "j2")
    assert all(one.time > 0 for one in alive)
    assert [msgspec.structs.replace(one, time=0) for one in alive[1:]] == [announced[1], announced[0]]


def test_announcing_again_replaces(coordination: Coordination) -> None:
    coordination.registry.announce(service("slot", "a", state="FREE"))
    coordination.registry.announce(service("slot", "a", state="ACTIVE"))
    assert [one.state for one in coordination.registry.alive()] == ["ACTIVE"]


def test_one_that_left_is_gone_at_once(coordination: Coordination) -> None:
    coordination.registry.announce(service("slot", "a"))
    coordination.registry.forget("slot", "a")
    coordination.registry.forget("slot", "a")
    assert coordination.registry.alive() == []


def test_one_that_died_is_gone_after_its_ttl(coordination: Coordination) -> None:
    coordination.registry.announce(service("slot", "dead", ttl=1))
    coordination.registry.announce(service("slot", "alive", ttl=60_000))
    deadline = time.monotonic() + 20
    while [one.id for one in coordination.registry.alive()] != ["alive"]:
        assert time.monotonic() < deadline, "the dead one stayed"
        time.sleep(0.005)


def test_ping_measures_a_round_trip(coordination: Coordination) -> None:
    assert coordination.ping() >= 0.0
