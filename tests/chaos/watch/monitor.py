"""Every command that the coordination Redis carries out, in its order, as MONITOR tells it: also those of scripts."""

import re
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis

_LINE = re.compile(rb"\+(\d+\.\d+) \[\d+ ([^\]]*)\] ")
_ARGUMENT = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `script`: it was called by the script of the last command that was not."""

    at: float  #: `time.monotonic()` when it was read here
    script: bool
    client: str  #: address
    arguments: tuple[bytes, ...]

    @property
    def name(self) -> str:
        return self.arguments[0].decode(errors="replace").upper() if self.arguments else ""


def parse(line: bytes, at: float) -> Command | None:
    """None: not a command."""
    head = _LINE.match(line)
    if head is None:
        return None
    client = head[2].decode(errors="replace")
    arguments = tuple(_unescaped(found) for found in _ARGUMENT.findall(line, head.end()))
    return Command(at, client == "lua", client, arguments)


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(found: "re.Match[bytes]") -> bytes:
    what = found[1]
    return bytes([int(what[1:], 16)]) if what[:1] == b"x" and len(what) == 3 else _NAMED.get(what, what)


class Monitor:
    """Hands commands to `on_command` from a thread of its own; connects again where the connection is lost."""

    def __init__(self, url: str, on_command: Callable[[Command], None], on_connected: Callable[[], None]) -> None:
        """`on_connected`: called at the beginning and again behind every gap, before any further command."""
        parts = urlsplit(url)
        self._address = parts.hostname or "127.0.0.1", parts.port or 6379
        self._greeting = f"AUTH {parts.password}\r\n".encode() if parts.password else b""
        self._on_command, self._on_connected = on_command, on_connected
        self._over = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._thread.start()
        assert self._connected.wait(20), f"no MONITOR of {url}"

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            # away, or loading: what is missed meanwhile is read again
            with suppress(OSError, redis.RedisError):
                self._listen()
            self._over.wait(0.02)

    def _listen(self) -> None:
        with socket.create_connection(self._address, 5) as connection:
            connection.sendall(self._greeting + b"MONITOR\r\n")
            rest = b""
            answers = 2 if self._greeting else 1
            while not self._over.is_set():
                if not select.select([connection], [], [], 0.2)[0]:
                    continue
                data = connection.recv(1 << 18)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\r\n")
                at = time.monotonic()
                for line in lines:
                    if answers:
                        if line != b"+OK":
                            return
                        answers -= 1
                        if not answers:
                            self._on_connected()
                            self._connected.set()
                        continue
                    command = parse(line, at)
                    if command is not None:
                        self._on_command(command)
