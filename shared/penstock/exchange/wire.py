"""A connection to Redis that never waits: commands go out as far as the socket takes them, replies come when they are
there.

redis-py opens it (URL, TLS, authentication); its own way of reading blocks until a reply is whole, so bytes are fed to
hiredis here.
"""

import select
import socket
import ssl
import time
from collections import deque
from itertools import islice
from typing import Any, cast

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, InterruptedError)
_CHUNK = 256 * 1024
#: bytes; less is cheaper copied into one piece
_WORTH_PIECES = 32 * 1024
_MOST_PIECES = 512  #: in one system call, which takes 1,024 on Linux and macOS
_NOTHING = b"$0\r\n\r\n"  #: an empty argument

#: what is sent one after another
Pieces = tuple[bytes, ...]


class WireError(ConnectionError):
    """The connection is gone, or could not be made."""


#: Nothing else would notice a host that is gone: a read may well wait for ever. A server that is merely slow or stopped
#: answers these by its kernel. Seconds, but for the last: ms that data may stay unacknowledged
_KEEP_ALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 20_000}


def _notice_a_dead_peer(connected: socket.socket) -> None:
    if connected.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):  # not every system has them all
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def pack(*command: bytes | str | int) -> bytes:
    """A command in Redis's protocol."""
    packed: bytes = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub takes a tuple of one
    return packed


def pack_with(payload: bytes, *command: bytes | str | int) -> Pieces:
    """A command whose last argument is `payload`, which is not copied."""
    head = pack(*command, b"")
    return b"%b$%d\r\n" % (head[: -len(_NOTHING)], len(payload)), payload, b"\r\n"


class Wire:
    """Connected from the start. Raises WireError where that fails, within about `timeout` seconds."""

    def __init__(self, url: str, timeout: float, name: str) -> None:
        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=timeout,
            socket_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            client_name=name,
        )
        # redis-py types neither its connections' methods nor their socket
        self._connection = cast(Any, pool.make_connection())
        self._out: deque[bytes | memoryview] = deque()
        self._in = bytearray(_CHUNK)
        self._reader = hiredis.Reader(notEnoughData=self, errors="replace")
        try:
            self._connection.connect()
            self.run_id = self._run_id()  #: of this very server process
            self._socket: socket.socket = self._connection._sock
            self._is_tls = isinstance(self._socket, ssl.SSLSocket)
            self._socket.setblocking(False)
            _notice_a_dead_peer(self._socket)
        except (redis.AuthenticationError, redis.exceptions.NoPermissionError):
            self.close()
            raise
        except (redis.RedisError, OSError) as e:
            self.close()
            raise WireError(str(e)) from e

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def has_unsent(self) -> bool:
        return bool(self._out)

    def send(self, *pieces: bytes) -> None:
        """Send commands, or what of them the socket takes now. The rest goes with the next `pump`."""
        if len(pieces) > 1 and (self._is_tls or sum(map(len, pieces)) < _WORTH_PIECES):
            pieces = (b"".join(pieces),)
        was_idle = not self._out
        self._out += pieces
        if was_idle:
            self.pump()

    def pump(self) -> None:
        """Send what is left."""
        out = self._out
        while out:
            sent = self._send()
            if not sent:
                return
            while out and sent >= len(out[0]):
                sent -= len(out.popleft())
            if sent:
                out[0] = memoryview(out[0])[sent:]

    def replies(self) -> list[Any]:
        """All replies that are there; error replies are `hiredis.ReplyError` values."""
        found: list[Any] = []
        while True:
            try:
                n = self._socket.recv_into(self._in)
            except _WOULD_BLOCK:
                return found
            except OSError as e:
                raise WireError(str(e)) from e
            if not n:
                raise WireError("closed by the server")
            self._reader.feed(self._in, 0, n)  # type: ignore[arg-type]  # any buffer will do
            while (reply := self._reader.gets()) is not self:
                found.append(reply)
            if n < _CHUNK and not self._is_tls:
                return found

    def finish(self, seconds: float) -> None:
        """Send no more, and wait, at most so long, until the server has taken everything: to close a socket with unread
        answers would take back what it has not read yet. To be closed then."""
        until = time.monotonic() + seconds
        try:
            self.pump()
            while self._out and (left := until - time.monotonic()) > 0:
                select.select([], [self._socket], [], left)
                self.pump()
            self._socket.shutdown(socket.SHUT_WR)
            while (left := until - time.monotonic()) > 0:
                if select.select([self._socket], [], [], left)[0] and not self._socket.recv(_CHUNK):
                    return
        except OSError as e:
            raise WireError(str(e)) from e

    def close(self) -> None:
        self._connection.disconnect()

    def _send(self) -> int:
        """How many bytes the socket has taken."""
        try:
            if len(self._out) == 1 or self._is_tls:
                return self._socket.send(self._out[0])
            return self._socket.sendmsg(islice(self._out, _MOST_PIECES))
        except _WOULD_BLOCK:
            return 0
        except OSError as e:
            raise WireError(str(e)) from e

    def _run_id(self) -> str:
        self._connection.send_command("INFO", "server")
        answer: bytes = self._connection.read_response()
        for line in answer.splitlines():
            if line.startswith(b"run_id:"):
                return line[7:].decode()
        raise WireError("INFO server names no run_id")
