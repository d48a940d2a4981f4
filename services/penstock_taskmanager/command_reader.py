"""The TaskManager's command stream: a pending XREAD, whose socket a selector watches beside everything else."""

import socket
import time
from typing import Any

import redis

from penstock.coordination.messages import TaskManagerCommand, decode
from penstock.coordination.sealed import opened
from penstock.security.keyring import UNSIGNED, Keyring

_BLOCK_MS = 2000
#: seconds beyond the block time after which an answer is overdue
_OVERDUE = 3.0


class CommandReader:
    """Any call may raise a Redis error and leaves the reader disconnected; `request` connects again."""

    def __init__(self, client: redis.Redis, stream: str, keyring: Keyring = UNSIGNED) -> None:
        self._client: Any = client  # redis-py's types do not cover sending a command and reading its reply apart
        self._stream, self._keyring = stream, keyring
        self.cursor = "0-0"
        self._connection: Any = None
        self._asked_at = 0.0

    @property
    def socket(self) -> socket.socket | None:
        """To wait on; None where no read is pending."""
        return None if self._connection is None else self._connection._sock

    def request(self) -> None:
        """Ask for what comes behind the cursor, unless a read is pending already."""
        if self._connection is not None:
            if time.monotonic() - self._asked_at > _BLOCK_MS / 1000 + _OVERDUE:
                self.disconnect()
                raise redis.TimeoutError(f"no answer to XREAD {self._stream}")
            return
        connection = self._client.connection_pool.get_connection()
        try:
            connection.send_command("XREAD", "COUNT", 256, "BLOCK", _BLOCK_MS, "STREAMS", self._stream, self.cursor)
        except BaseException:
            connection.disconnect()
            self._client.connection_pool.release(connection)
            raise
        self._connection, self._asked_at = connection, time.monotonic()

    def answer(self) -> list[tuple[str, bytes]]:
        """The entries of the pending read, once its socket is readable."""
        connection, self._connection = self._connection, None
        try:
            reply = connection.read_response()
        except BaseException:
            connection.disconnect()
            raise
        finally:
            self._client.connection_pool.release(connection)
        found = [(entry.decode(), fields[1]) for _, entries in reply or () for entry, fields in entries]
        return self.take([(e, opened(self._keyring, "message", self._stream, raw, entry=e)) for e, raw in found])

    def take(self, entries: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Those behind the cursor, which moves on: the same entries may come by two ways."""
        behind = _position(self.cursor)
        fresh = [entry for entry in entries if _position(entry[0]) > behind]
        if fresh:
            self.cursor = fresh[-1][0]
        return fresh

    def disconnect(self) -> None:
        """Give up a pending read."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
            self._client.connection_pool.release(connection)


def decoded(payload: bytes) -> TaskManagerCommand:
    """ValueError: none of our commands."""
    return decode(payload, TaskManagerCommand)  # type: ignore[arg-type]


def _position(entry: str) -> tuple[int, int]:
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number or 0)
