"""docker/health, the check that the engine runs in every container."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from penstock.service import start_health

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")

CHECK = Path(__file__).parents[3] / "docker" / "health"


def ask(port: int) -> tuple[int, str]:
    done = subprocess.run([CHECK, str(port)], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout.strip()


def test_its_exit_status_is_the_services_health() -> None:
    reasons: list[str | None] = [None, "the main loop stands"]
    server = start_health(0, lambda: reasons.pop(0))
    assert server is not None
    try:
        assert ask(server.port) == (0, '{"status":"ok"}')
        assert ask(server.port) == (1, '{"status":"unhealthy","reason":"the main loop stands"}')
    finally:
        server.close()


def test_nobody_listening_is_not_healthy() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert ask(port) == (1, "")
