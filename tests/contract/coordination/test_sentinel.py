"""A coordination Redis behind three real Sentinels: its master is killed, and everybody goes on at the other one."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from tests.conftest import RedisServer

from penstock.client.cluster.ports import free_ports
from penstock.coordination.broker import make_app, send_hint
from penstock.coordination.connection import connect, is_away, wait_for_redis
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.operations import Commit, SetKey

pytestmark = [pytest.mark.contract, pytest.mark.timeout(120)]
START_WITHIN = 30.0


class Trio:
    """A master, a replica, three Sentinels."""

    def __init__(self, executable: str, folder: Path) -> None:
        for name in ("master", "replica"):
            (folder / name).mkdir()
        self.master = RedisServer(executable, folder / "master", persistent=True)
        self.replica = RedisServer(
            executable, folder / "replica", persistent=True, options=("--replicaof", "127.0.0.1", str(self.master.port))
        )
        self.ports = free_ports(3)
        self._sentinels: list[subprocess.Popen[bytes]] = []
        for port in self.ports:
            config = folder / f"sentinel-{port}.conf"
            config.write_text(
                f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
                f"sentinel monitor main 127.0.0.1 {self.master.port} 2\n"
                "sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
            )
            command = [executable, str(config), "--sentinel"]
            self._sentinels.append(
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
            )

    @property
    def url(self) -> str:
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{port}" for port in self.ports) + "/main/0"

    def is_ready(self) -> bool:
        """Whether each Sentinel knows the replica and both others."""
        for port in self.ports:
            try:
                with redis.Redis(port=port, socket_timeout=1) as client:
                    state: Any = client.sentinel_master("main")
            except redis.RedisError:
                return False
            if state["num-slaves"] != 1 or state["num-other-sentinels"] != 2:
                return False
        with redis.Redis(port=self.replica.port, socket_timeout=1) as client:
            info: Any = client.info("replication")
        return bool(info["master_link_status"] == "up")

    def close(self) -> None:
        for process in self._sentinels:
            process.kill()
            process.wait()
        self.master.stop(kill=True)
        self.replica.stop(kill=True)


def until(condition: Callable[[], object], what: str, seconds: float = START_WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not reached: {what}"
        time.sleep(0.1)


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
