"""One pipeline on the write connection, from what is due to what its replies mean.

Appends go in one MULTI, and the next flight waits for this one's answer: Redis refuses single commands when it is out
of memory, and an entry must not get in where the one before it was refused. Reads and the trimming of an OOM retry
stand before the MULTI, since they work at any time.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import hiredis

from penstock.exchange.ends import Appender, Inlet
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.wire import Pieces, pack

Handler: TypeAlias = Callable[[Any], None]

_MULTI, _EXEC = pack(b"MULTI"), pack(b"EXEC")
#: what passes by itself: the flight is sent again
_PASSING = (
    "OOM",
    "LOADING",
    "BUSY",
    "TRYAGAIN",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "MISCONF",
    "NOREPLICAS",
    "READONLY",
    "UNBLOCKED",
)


class Refused(Exception):  # noqa: N818
    """Redis did nothing of it, for a reason that passes. `is_oom`: it is out of memory."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.is_oom = "OOM" in reason


class Flight:
    """Collects commands with the handlers of their replies. `appends`, `published` and `rereads` are given back if it
    fails."""

    def __init__(self, get_nonce: bytes, nonce: bytes, where: str) -> None:
        self.appends: list[tuple[Appender, Pieces]] = []
        self.published: list[tuple[Inlet, Sequence[int]]] = []
        self.rereads: list[Inlet] = []
        self._get_nonce, self._nonce, self._where = get_nonce, nonce, where
        self._reads: list[bytes] = []
        self._read_handlers: list[Handler] = []
        self._writes: list[bytes] = []  #: commands, or pieces of them
        self._write_handlers: list[Handler] = []

    def __bool__(self) -> bool:
        return bool(self._reads) or bool(self._writes)

    def read(self, packed: bytes, handler: Handler) -> None:
        """A command before the transaction."""
        self._reads.append(packed)
        self._read_handlers.append(handler)

    def write(self, packed: bytes, handler: Handler) -> None:
        """A command of the transaction."""
        self._writes.append(packed)
        self._write_handlers.append(handler)

    def append(self, appender: Appender, packed: Pieces, handler: Handler) -> None:
        """A command of the transaction that appends an entry."""
        self.appends.append((appender, packed))
        self._writes += packed
        self._write_handlers.append(handler)

    def packed(self) -> Pieces:
        """All of it in Redis's protocol."""
        parts = [*self._reads, self._get_nonce] if self._reads else []
        if self._writes:
            parts += [_MULTI, self._get_nonce, *self._writes, _EXEC]
        return tuple(parts)

    @property
    def expects(self) -> int:
        """How many replies there will be."""
        return (len(self._reads) + 1 if self._reads else 0) + (len(self._write_handlers) + 3 if self._writes else 0)

    def answered(self, replies: Sequence[Any]) -> None:
        """Hand the replies to their handlers.

        Raises ExchangeLost for a wrong nonce or a failed command, Refused where nothing was written.
        """
        reads = len(self._read_handlers)
        if reads:
            self._answered(replies[:reads], replies[reads], self._read_handlers)
            replies = replies[reads + 1 :]
        if not self._writes:
            return
        result = replies[-1]
        if isinstance(result, list):
            self._answered(result[1:], result[0], self._write_handlers)
            return
        errors = [str(r) for r in replies if isinstance(r, hiredis.ReplyError)]
        reason = next((e for e in errors if not e.startswith("EXECABORT")), str(result))
        raise failure(self._where, reason)

    def _answered(self, replies: Sequence[Any], nonce: Any, handlers: Sequence[Handler]) -> None:
        if isinstance(nonce, hiredis.ReplyError):
            raise failure(self._where, str(nonce))
        check_nonce(nonce, self._nonce, self._where)
        for reply, handler in zip(replies, handlers, strict=True):
            if isinstance(reply, hiredis.ReplyError):
                raise failure(self._where, str(reply))
            handler(reply)


def failure(where: str, reason: str) -> Refused | ExchangeLost:
    """What an error reply amounts to."""
    if reason.startswith(_PASSING) or "because of: OOM" in reason:
        return Refused(reason)
    return ExchangeLost(f"{where} refuses to carry on: {reason}")


def check_nonce(found: bytes | None, expected: bytes, where: str) -> None:
    """Raises ExchangeLost where the logs are not those the task was deployed with."""
    if found != expected:
        what = "has lost its logs" if found is None else "holds the logs of another deployment"
        raise ExchangeLost(f"{where} {what}: nonce {found!r}, expected {expected!r}")
