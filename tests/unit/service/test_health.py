"""GET /health."""

import socket
import struct
import threading
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


def test_a_prober_that_hangs_up_is_no_event(capsys: pytest.CaptureFixture[str]) -> None:
    asked, hung_up = threading.Event(), threading.Event()

    def check() -> None:
        asked.set()
        hung_up.wait(10)

    server = start_health(0, check)
    assert server is not None
    try:
        with socket.create_connection(("127.0.0.1", server.port)) as prober:
            prober.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() resets
            prober.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            assert asked.wait(10)
        hung_up.set()
        assert get(server.port) == (200, {"status": "ok"})
    finally:
        server.close()
    assert "Traceback" not in "".join(capsys.readouterr())
