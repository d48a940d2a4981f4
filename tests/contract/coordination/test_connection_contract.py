"""What a client does while Redis is away, and that it never sends a write twice."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs
from tests.conftest import RedisServer

from penstock.coordination.connection import MAX_BLOCK_MS, absence, connect, is_away, wait_for_redis
from penstock.coordination.coordination import Coordination
from penstock.coordination.operations import Commit
from penstock.coordination.patience import retrying

pytestmark = pytest.mark.contract


class DroppingServer(threading.Thread):
    """Answers everything but XADD; that it counts, and hangs up."""

    def __init__(self) -> None:
        super().__init__(name="dropping-server")
        self.appends = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                while data := connection.recv(65536):
                    if b"STOP" in data:
                        return
                    if b"XADD" in data:
                        self.appends += 1
                        break
                    answer = b"+PONG\r\n" if b"PING" in data else b"+OK\r\n"
                    connection.sendall(answer * data.count(b"*"))

    def close(self) -> None:
        host, port = self._listener.getsockname()
        with socket.create_connection((host, port)) as last:
            last.sendall(b"STOP")
        self.join(30)
        self._listener.close()


@pytest.fixture
def dropping_server() -> Iterator[DroppingServer]:
    server = DroppingServer()
    server.start()
    yield server
    server.close()


def test_a_write_is_sent_once_and_the_error_raised(dropping_server: DroppingServer) -> None:
    with connect(dropping_server.url) as client:
        with pytest.raises(redis.ConnectionError) as error:
            client.xadd("s", {"m": b"x"})
        assert is_away(error.value)
    assert dropping_server.appends == 1


def test_a_server_that_does_not_answer_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        with connect(url, timeout=0.1, blocking=False) as client, pytest.raises(redis.TimeoutError) as error:
            client.get("k")
        assert is_away(error.value)


def test_the_timeout_exceeds_every_blocking_read() -> None:
    with pytest.raises(ValueError, match=r"must exceed the longest blocking read, 2\.0 s"):
        connect("redis://127.0.0.1", timeout=MAX_BLOCK_MS / 1000)


def test_a_blocking_read_of_the_longest_kind_times_out_by_itself(any_redis_server: Any, prefix: str) -> None:
    with Coordination.connect(any_redis_server.url, prefix) as coordination:
        assert coordination.events.read({coordination.keys.events("x"): "0-0"}, MAX_BLOCK_MS) == {}


@pytest.fixture
def own_server(start_redis: Callable[..., Any]) -> Iterator[Any]:
    """One that a test may restart; it keeps its data."""
    server = start_redis(persistent=True)
    yield server
    server.stop()


def test_a_killed_redis_that_comes_back(own_server: Any, prefix: str) -> None:
    with Coordination.connect(own_server.url, prefix) as coordination:
        epoch = coordination.leases.acquire("job:j", "n", 60_000)
        commit = Commit(role="job:j", epoch=epoch or 0, revision=0, nonce="a", rows={"r": b"1"})
        assert coordination.store.commit(commit) == "OK"
        own_server.stop(kill=True)
        with pytest.raises(redis.ConnectionError) as error:
            coordination.store.commit(commit)
        assert is_away(error.value)
        own_server.start()
        # The scripts are unknown to the new process; what was answered OK is there.
        assert retrying("commit", give_up_after=30)(coordination.store.commit, commit) == "OK"
        assert coordination.store.load("job:j").rows == {"r": b"1"}
        assert coordination.leases.epoch("job:j") == epoch


def test_waiting_for_a_redis_that_starts_later(own_server: Any) -> None:
    own_server.stop()
    starter = threading.Timer(0.3, own_server.start)
    starter.start()
    with capture_logs() as logs:
        wait_for_redis(own_server.url, give_up_after=30)
    starter.join()
    assert [entry["event"] for entry in logs] == ["redis is away"]


def test_waiting_ends(own_server: Any) -> None:
    own_server.stop()
    with capture_logs():
        with pytest.raises(redis.ConnectionError):
            wait_for_redis(own_server.url, give_up_after=0.1)
        stopping = iter([False, False, True])
        with pytest.raises(redis.ConnectionError):
            wait_for_redis(own_server.url, stop=lambda: next(stopping))


def test_a_wrong_password_is_not_waited_for(start_redis: Callable[..., Any]) -> None:
    server = start_redis(options=("--requirepass", "right"))
    host = f"127.0.0.1:{server.port}"
    wait_for_redis(f"redis://:right@{host}", give_up_after=30)
    for url in (f"redis://:wrong@{host}", f"redis://{host}"):
        with pytest.raises(redis.AuthenticationError):
            wait_for_redis(url)
    server.stop()


def test_no_password_in_the_log() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with capture_logs() as logs, pytest.raises(redis.ConnectionError):
        wait_for_redis(f"redis://user:secret@127.0.0.1:{port}/0", give_up_after=0.2)
    assert logs
    assert "secret" not in str(logs)
    assert f"127.0.0.1:{port}/0" in logs[0]["waiting_to"]


def test_an_error_that_is_no_absence_is_raised_at_once() -> None:
    calls: list[int] = []

    def broken() -> None:
        calls.append(1)
        raise redis.ResponseError("WRONGTYPE")

    with pytest.raises(redis.ResponseError):
        retrying("break")(broken)
    assert calls == [1]


def test_blobs_above_a_mebibyte_lie_in_the_storage(any_redis_server: Any, prefix: str, tmp_path: Path) -> None:
    data = b"z" * ((1 << 20) + 1)
    with Coordination.connect(any_redis_server.url, prefix, tmp_path / "storage") as coordination:
        digest = coordination.blobs.put(data)
        file = tmp_path / "storage" / "blobs" / digest[:2] / digest
        assert file.read_bytes() == data
        assert [path.name for path in file.parent.iterdir()] == [digest], "no temporary file is left"
        assert coordination.client.exists(coordination.keys.blob(digest)) == 0
        file.write_bytes(b"damaged")
        with pytest.raises(ValueError, match=f"{digest} is damaged"):
            coordination.blobs.get(digest)
        file.unlink()
        with pytest.raises(KeyError, match=digest):
            coordination.blobs.get(digest)
        assert coordination.blobs.exists([digest]) == set(), "so that the client uploads it again"


def test_a_large_blob_needs_a_storage(any_redis_server: Any, prefix: str) -> None:
    with (
        Coordination.connect(any_redis_server.url, prefix) as coordination,
        pytest.raises(ValueError, match=r"of 1048577 bytes needs a storage directory"),
    ):
        coordination.blobs.put(b"z" * ((1 << 20) + 1))


def test_a_damaged_small_blob(any_redis_server: Any, prefix: str) -> None:
    with Coordination.connect(any_redis_server.url, prefix) as coordination:
        digest = coordination.blobs.put(b"x")
        coordination.client.set(coordination.keys.blob(digest), b"y")
        with pytest.raises(ValueError, match=f"{digest} is damaged"):
            coordination.blobs.get(digest)


def test_a_redis_out_of_memory_is_away_to_commands_and_scripts_alike(any_redis_server: RedisServer) -> None:
    with Coordination.connect(any_redis_server.url, "oom") as coordination:
        epoch = coordination.leases.acquire("job:a", "n", 60_000)
        assert epoch is not None
        coordination.client.config_set("maxmemory", "1")
        try:
            with pytest.raises(redis.ResponseError) as append:
                coordination.events.append("events", b"x")
            with pytest.raises(redis.ResponseError) as commit:
                coordination.store.commit(Commit(role="job:a", epoch=epoch, revision=0, nonce="n", rows={"job": b"1"}))
        finally:
            coordination.client.config_set("maxmemory", "0")
        assert is_away(append.value)
        assert is_away(commit.value)
        assert coordination.store.load("job:a").revision == 0


@pytest.mark.parametrize(
    "reason",
    [
        "MISCONF Errors writing to the AOF file: No space left on device",
        "Error running script (call to f_ab): @user_script:9: @user_script: 9: -MISCONF Errors writing to the AOF file",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    ],
)
def test_a_redis_that_can_do_nothing_for_now_is_away(reason: str) -> None:
    assert is_away(redis.ResponseError(reason))


def test_a_broken_script_is_no_outage() -> None:
    wrong = "Error running script (call to f_ab): @user_script:9: WRONGTYPE Operation against a key"
    assert not is_away(redis.ResponseError(wrong))
    assert not is_away(redis.ResponseError("BUSYGROUP Consumer Group name already exists"))


@pytest.fixture
def own_of_each(start_redis: Callable[..., Any], any_redis_server: RedisServer) -> Callable[..., Any]:
    """A persistent server of the test's own, of each version."""
    return lambda *options: start_redis(any_redis_server.executable, persistent=True, options=options)


def test_a_demoted_master_is_away_to_reads_that_wait_and_to_writes(own_of_each: Callable[..., Any]) -> None:
    server = own_of_each()
    waited: list[BaseException] = []
    with Coordination.connect(server.url, "t") as coordination:
        epoch = coordination.leases.acquire("job:a", "n", 60_000)
        assert epoch is not None

        def wait() -> None:
            try:
                coordination.events.read({"events": "0-0"}, MAX_BLOCK_MS)
            except redis.RedisError as error:
                waited.append(error)

        reader = threading.Thread(target=wait)
        reader.start()
        deadline = time.monotonic() + 30
        while not int(coordination.client.info("clients")["blocked_clients"]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        coordination.client.execute_command("REPLICAOF", "127.0.0.1", "1")
        reader.join(30)
        commit = Commit(role="job:a", epoch=epoch, revision=0, nonce="n", rows={"job": b"1"})
        with pytest.raises(redis.RedisError) as written:
            coordination.store.commit(commit)
        assert coordination.store.load("job:a").revision == 0, "it can be read"
        errors = [*waited, written.value]
        assert len(errors) == 2
        assert all(is_away(error) and absence(error) == "Redis takes no writes" for error in errors), errors
        coordination.client.execute_command("REPLICAOF", "NO", "ONE")
        assert coordination.store.commit(commit) == "OK"


def test_a_redis_that_loads_its_data_is_waited_for(own_of_each: Callable[..., Any]) -> None:
    server = own_of_each("--key-load-delay", "300")
    with redis.Redis.from_url(server.url) as client, client.pipeline(transaction=False) as filling:
        for number in range(6000):
            filling.set(f"k{number}", b"x")
        filling.execute()
    server.stop(kill=True)
    starter = threading.Thread(target=server.start)
    starter.start()
    loading: list[str] = []
    with connect(server.url) as client:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                client.ping()
                break
            except redis.RedisError as error:
                assert is_away(error)
                loading.append(absence(error))
            time.sleep(0.01)
        wait_for_redis(server.url, give_up_after=30)
        assert client.dbsize() == 6000
    starter.join()
    assert "Redis is loading its data" in loading


def test_a_redis_asleep_is_away_and_its_answer_is_not_taken_for_another(
    own_of_each: Callable[..., Any], any_redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(any_redis_server.url) as client:
        needs_leave = not str(client.info("server")["redis_version"]).startswith("6.")
    server = own_of_each(*(("--enable-debug-command", "yes") if needs_leave else ()))
    with connect(server.url, timeout=0.3, blocking=False) as client:
        client.set("k", b"1")
        with pytest.raises(redis.TimeoutError) as error:
            client.execute_command("DEBUG", "SLEEP", "1.5")
        assert is_away(error.value)
        assert retrying("read", give_up_after=30)(client.get, "k") == b"1"


def test_killed_connections_are_made_again(own_of_each: Callable[..., Any]) -> None:
    server = own_of_each()
    with Coordination.connect(server.url, "t") as coordination, redis.Redis.from_url(server.url) as other:
        for number in range(20):
            other.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            entry = retrying("append", give_up_after=30)(coordination.events.append, "events", b"%d" % number)
            assert coordination.events.last_id("events") == entry
