"""The connection itself."""

import socket
from typing import Any

import pytest

from penstock.exchange.wire import Wire, pack, pack_with

pytestmark = pytest.mark.contract


def test_a_read_that_waits_notices_a_host_that_is_gone(any_redis_server: Any) -> None:
    wire = Wire(any_redis_server.url, 5.0, "test")
    with socket.socket(fileno=socket.dup(wire.fileno())) as same:
        assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    wire.close()


@pytest.mark.parametrize("size", [0, 10, 1 << 20])
@pytest.mark.parametrize("commands", [1, 600])
def test_pieces_arrive_whole_and_in_order_however_slowly_the_socket_takes_them(
    redis_server: Any, size: int, commands: int
) -> None:
    payloads = [bytes([n % 251]) * (size if n % 50 == 0 else size // 1000) for n in range(commands)]
    pieces = [piece for n, p in enumerate(payloads) for piece in pack_with(p, b"ECHO")]
    assert pieces[0] + pieces[1] + pieces[2] == pack(b"ECHO", payloads[0])
    wire = Wire(redis_server.url, 5.0, "test")
    with socket.socket(fileno=socket.dup(wire.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    wire.send(*pieces[: len(pieces) // 2])
    wire.send(*pieces[len(pieces) // 2 :])
    got: list[bytes] = []
    while len(got) < commands:
        wire.pump()
        got += wire.replies()
    assert got == payloads and not wire.has_unsent
    wire.close()
