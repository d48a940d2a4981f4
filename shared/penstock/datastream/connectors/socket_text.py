"""SocketTextSource: lines from a TCP server, for trying things out. Source: Flink's `SocketTextStreamFunction`."""

import codecs
import contextlib
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from penstock.common.serialization import check_charset
from penstock.common.typeinfo import TypeInformation, Types
from penstock.datastream.connectors.hand_over import HandOver
from penstock.operators.source_interface import ReaderContext

__all__ = ["SocketTextSource"]

_log = structlog.get_logger(__name__)

#: lines between the socket and the task
_BOUND = 10_000
#: s between two attempts to connect again, as Flink's
_RETRY_AFTER = 0.5
_CONNECT_TIMEOUT = 10.0


@dataclass(slots=True)
class SocketTextSource:
    """Text of one TCP connection, split at the delimiter. Read by one subtask.

    A connection that ends is made again up to `max_retry` times, -1: for ever; then the source ends. At most once: what
    was under way when a connection or the job broke is not sent again by anybody.
    """

    host: str
    port: int
    delimiter: str = "\n"
    max_retry: int = 0
    charset: str = "UTF-8"
    bounded: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.port < 65536:
            raise ValueError(f"port is out of range: {self.port}")
        if self.max_retry < -1:
            raise ValueError(f"max_retry must be a number of retries, or -1 for no limit: {self.max_retry}")
        if not self.delimiter:
            raise ValueError("the delimiter must not be empty")
        check_charset(self.charset)

    def get_produced_type(self) -> TypeInformation:
        return Types.STRING()

    def why_not_deterministic(self) -> str:
        return "a socket cannot be read again"

    def enumerate_splits(self, parallelism: int) -> list[str]:
        return [f"{self.host}:{self.port}"]

    def create_reader(self, context: ReaderContext) -> "SocketTextReader":
        return SocketTextReader(self, context)


class SocketTextReader:
    """A thread reads; the connection is the split."""

    def __init__(self, source: SocketTextSource, context: ReaderContext) -> None:
        self._source = source
        self._lines: HandOver[str] = HandOver(_BOUND, context.wake)
        self._splits: list[str] = []
        self._thread: threading.Thread | None = None
        self._connection: socket.socket | None = None
        self._text = ""

    def add_splits(self, splits: Sequence[str]) -> None:
        self._splits = [*self._splits, *splits][:1]
        if self._splits and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="socket text source", daemon=True)
            self._thread.start()

    def poll(self, max_records: int) -> list[str] | None:
        lines = self._lines.take(max_records) if self._splits else None
        if lines is None:
            self._splits = []
        return lines

    def snapshot(self) -> list[str]:
        return list(self._splits)

    def close(self) -> None:
        self._lines.close()
        if self._connection is not None:
            # ends a `recv` of the thread; fails where the connection has ended by itself
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(5)

    # -- the thread's ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._read_connections()
        except Exception as e:
            self._lines.end(e)
        else:
            self._lines.end()

    def _read_connections(self) -> None:
        retries, has_connected, source = 0, False, self._source
        while True:
            try:
                connection = socket.create_connection((source.host, source.port), _CONNECT_TIMEOUT)
            except OSError as e:
                if not has_connected or retries == source.max_retry:
                    raise ConnectionError(f"socket source {source.host}:{source.port}: {e}") from e
            else:
                has_connected = True
                with connection:
                    self._read(connection)
            if retries == source.max_retry:
                break
            retries += 1
            _log.warning("socket source connects again", host=source.host, port=source.port, retry=retries)
            if not self._lines.sleep(_RETRY_AFTER):
                return
        if self._text:
            self._lines.put([self._text])

    def _read(self, connection: socket.socket) -> None:
        """Until it ends, or breaks, which is an end as well."""
        source = self._source
        decode = codecs.getincrementaldecoder(source.charset)("replace").decode
        connection.settimeout(None)
        self._connection = connection
        while data := _received(connection):
            *lines, self._text = (self._text + decode(data)).split(source.delimiter)
            if source.delimiter == "\n":
                lines = [line.removesuffix("\r") for line in lines]
            if lines and not self._lines.put(lines):
                return
        self._text += decode(b"", final=True)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError as e:
        _log.warning("socket source lost its connection", error=str(e))
        return b""
