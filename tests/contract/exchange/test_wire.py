"""The connection itself."""

import socket
from typing import Any

import pytest

from penstock.exchange.wire import Wire

pytestmark = pytest.mark.contract


def test_a_read_that_waits_notices_a_host_that_is_gone(any_redis_server: Any) -> None:
    wire = Wire(any_redis_server.url, 5.0, "test")
    with socket.socket(fileno=socket.dup(wire.fileno())) as same:
        assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    wire.close()
