"""GET /health."""

import socket
import urllib.error
import urllib.request

import orjson
import pytest

from penstock.service import start_health


def get(port: int, path: str = "/health") -> tuple[int, dict[str, str]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, orjson.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, orjson.loads(error.read())


def test_it_answers_what_the_check_says() -> None:
    reasons: list[str | None] = [None, "the main loop stands"]
    server = start_health(0, lambda: reasons.pop(0))
    assert server is not None
    try:
        assert get(server.port) == (200, {"status": "ok"})
        assert get(server.port) == (503, {"status": "unhealthy", "reason": "the main loop stands"})
        assert get(server.port, "/else") == (404, {"status": "not found"})
    finally:
        server.close()


def test_a_negative_port_is_none() -> None:
    assert start_health(-1, lambda: None) is None


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"penstock\.health\.port {port} cannot be bound"):
            start_health(port, lambda: None)
