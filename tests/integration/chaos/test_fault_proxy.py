"""The proxy before a real Redis: what it cuts arrives later, what it repeats arrives twice, and each by member."""

import os
import socket
import time
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.chaos.harness import Disturbance
from tests.chaos.processes.proxy import FaultProxy
from tests.chaos.processes.socket_owner import owner_of
from tests.conftest import RedisServer

pytestmark = pytest.mark.integration


@pytest.fixture
def proxy(redis_server: RedisServer) -> Iterator[FaultProxy]:
    made = FaultProxy(redis_server.port)
    yield made
    made.close()


def client_at(port: int, timeout: float = 5.0) -> redis.Redis:
    return redis.Redis(port=port, socket_timeout=timeout, retry=Retry(NoBackoff(), 0))


def test_a_cut_holds_one_member_back_and_what_it_sent_arrives_later(
    proxy: FaultProxy, redis_server: RedisServer, prefix: str
) -> None:
    with (
        client_at(proxy.listen("a"), 0.3) as a,
        client_at(proxy.listen("b")) as b,
        client_at(redis_server.port) as past,
    ):
        assert a.ping() and b.ping()
        proxy.disturb("a", Disturbance("cut"))
        with pytest.raises(redis.TimeoutError):
            a.set(prefix, "late")
        assert b.get(prefix) is None
        proxy.mend()
        deadline = time.monotonic() + 10
        while past.get(prefix) != b"late":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        past.delete(prefix)


def test_a_one_way_cut_lets_requests_through(proxy: FaultProxy, redis_server: RedisServer, prefix: str) -> None:
    with client_at(proxy.listen("a"), 0.3) as a, client_at(redis_server.port) as past:
        assert a.ping()
        proxy.disturb("a", Disturbance("cut", "answers"))
        with pytest.raises(redis.TimeoutError):
            a.set(prefix, "there")
        assert past.getdel(prefix) == b"there"


def test_latency(proxy: FaultProxy) -> None:
    with client_at(proxy.listen("a")) as a:
        assert a.ping()
        proxy.disturb("a", Disturbance("latency", seconds=0.1))
        begun = time.monotonic()
        assert a.ping()
        assert time.monotonic() - begun > 0.2  # there and back


def test_reset(proxy: FaultProxy) -> None:
    port = proxy.listen("a")
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(16) == b"+PONG\r\n"
        proxy.disturb("a", Disturbance("reset"))
        with pytest.raises(ConnectionResetError):
            connection.recv(16)
    with client_at(port) as a:
        assert a.ping()


def test_a_request_is_repeated_late(proxy: FaultProxy, redis_server: RedisServer, prefix: str) -> None:
    with client_at(proxy.listen("a")) as a, client_at(redis_server.port) as past:
        assert a.ping()
        proxy.disturb("a", Disturbance("repeat", seconds=0.2, containing=prefix.encode()))
        assert a.incr(prefix) == 1
        assert a.incr("other:" + prefix[::-1]) == 1
        deadline = time.monotonic() + 10
        while past.get(prefix) != b"2":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        deadline = time.monotonic() + 10
        while proxy.repeated < 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert proxy.repeated == 1 and past.get("other:" + prefix[::-1]) == b"1"
        past.delete(prefix, "other:" + prefix[::-1])


def test_members_of_one_port_are_told_apart_by_their_process(proxy: FaultProxy) -> None:
    port = proxy.listen(lambda peer: "me" if owner_of(peer, [os.getpid()]) else "somebody else")
    with client_at(port, 2.0) as mine:
        assert mine.ping()
        proxy.disturb("somebody else", Disturbance("cut"))
        assert mine.ping()
        proxy.disturb("me", Disturbance("cut"))
        with pytest.raises(redis.TimeoutError):
            mine.ping()
        proxy.mend()
        assert mine.ping()
