import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.socket_text import SocketTextReader, SocketTextSource
from penstock.operators.specs import ReaderContext


@contextmanager
def server(*answers: Callable[[socket.socket], None]) -> Iterator[int]:
    """Its port. Connection n is answered by the n-th function, and then closed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return  # the test is over
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)  # ends an `accept`
        thread.join(30)


def sends(*parts: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)

    return answer


def started(source: SocketTextSource) -> SocketTextReader:
    reader = source.create_reader(ReaderContext(0, 1))
    reader.add_splits(source.enumerate_splits(1))
    return reader


def to_the_end(reader: SocketTextReader) -> list[str]:
    read: list[str] = []
    deadline = time.monotonic() + 30
    while (lines := reader.poll(2)) is not None:
        read += lines
        assert time.monotonic() < deadline, read
        time.sleep(0.001)
    reader.close()
    return read


def test_lines_and_what_is_left_at_the_end() -> None:
    with server(sends(b"one\ntw", b"o\r\nthr\xc3", b"\xa9e")) as port:
        assert to_the_end(started(SocketTextSource("127.0.0.1", port))) == ["one", "two", "thrée"]


def test_another_delimiter() -> None:
    with server(sends(b"a\n;;b;", b";c")) as port:
        assert to_the_end(started(SocketTextSource("127.0.0.1", port, ";;"))) == ["a\n", "b", "c"]


def test_it_connects_again_as_often_as_it_may() -> None:
    with server(sends(b"one\n"), sends(b"two\n"), sends(b"never\n")) as port:
        assert to_the_end(started(SocketTextSource("127.0.0.1", port, max_retry=1))) == ["one", "two"]


def test_a_refused_connection_names_host_and_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    reader = started(SocketTextSource("127.0.0.1", port, max_retry=-1))
    with pytest.raises(ConnectionError, match=rf"socket source 127\.0\.0\.1:{port}: .*refused"):
        to_the_end(reader)
    reader.close()


def test_a_restored_reader_connects_again_and_one_that_has_ended_does_not() -> None:
    with server(sends(b"one\n"), sends(b"two\n")) as port:
        source = SocketTextSource("127.0.0.1", port)
        first = source.create_reader(ReaderContext(0, 2))
        assert first.poll(1) is None, "a subtask without the split"
        assert to_the_end(started(source)) == ["one"]
        running = started(source)
        splits = running.snapshot()
        assert splits == [f"127.0.0.1:{port}"]
        assert to_the_end(running) == ["two"]
        assert running.snapshot() == []


def test_an_idle_job_is_cancelled_and_its_connection_ends() -> None:
    ended = threading.Event()

    def keeps_open(connection: socket.socket) -> None:
        connection.sendall(b"one\n")
        connection.settimeout(60)
        assert connection.recv(1) == b""
        ended.set()

    with server(keeps_open) as port:
        env = StreamExecutionEnvironment.get_execution_environment()
        source = SocketTextSource("127.0.0.1", port)
        records: Any = env.from_source(source, WatermarkStrategy.no_watermarks(), "socket").execute_and_collect()
        assert next(records) == "one"
        records.close()
        assert ended.wait(30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("h", 0), "port is out of range: 0"),
        (("h", 1, ""), "the delimiter must not be empty"),
        (("h", 1, "\n", -2), "max_retry must be a number of retries"),
        (("h", 1, "\n", 0, "latin-x"), "unknown charset 'latin-x'"),
    ],
)
def test_bad_arguments(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SocketTextSource(*arguments)
