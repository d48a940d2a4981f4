"""A coordination Redis behind three real Sentinels: its master is killed, and everybody goes on at the other one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from tests.conftest import RedisServer
from tests.sentinels import START_WITHIN, Trio, until

from penstock.coordination.broker import make_app, send_hint
from penstock.coordination.connection import connect, is_away, wait_for_redis
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.operations import Commit, SetKey

pytestmark = [pytest.mark.contract, pytest.mark.timeout(120)]


@pytest.fixture
def trio(redis_of: Callable[[str], RedisServer], tmp_path: Path) -> Iterator[Trio]:
    made = Trio(redis_of("redis6.2").executable, tmp_path)
    try:
        until(made.is_ready, "Sentinels that know each other")
        yield made
    finally:
        made.close()


def test_leases_commits_events_and_the_broker_go_on_after_a_failover(trio: Trio) -> None:
    wait_for_redis(trio.url, give_up_after=START_WITHIN)
    with connect(trio.url) as client:
        plane = Coordination(client, Keys("t"))
        epoch = plane.leases.acquire("job:j", "n", 600_000)
        assert epoch == 1
        done = Commit(role="job:j", epoch=1, revision=0, nonce="a", ops=[SetKey(plane.keys.tombstone("x"), b"1")])
        assert plane.store.commit(done) == "OK"
        client.wait(1, 5000)
        trio.master.stop(kill=True)

        def goes_on() -> bool:
            try:
                return plane.leases.acquire("job:j", "n", 600_000) == 1
            except redis.RedisError as error:
                assert is_away(error), "waiting must be what cures it"
                return False

        until(goes_on, "the replica was made the master", 60)
        assert plane.store.load("job:j").revision == 1
        again = Commit(role="job:j", epoch=1, revision=1, nonce="b", rows={"row": b"1"})
        assert plane.store.commit(again) == "OK"
        entry = plane.events.append("t:stream", b"m")
        assert plane.events.read({"t:stream": "0-0"}) == {"t:stream": [(entry, b"m")]}
        app = make_app(trio.url, "t")
        send_hint(app, "taskmanager.tm", "j", "a", 1)
        app.close()
        assert client.llen("t:celery:taskmanager.tm") == 1
    with redis.Redis(port=trio.replica.port) as direct:
        assert direct.info("replication")["role"] == "master"
