"""The one pending XREAD on the read connection: all input logs of a slot on one Redis, and the slot's wake stream."""

from collections.abc import Callable, Sequence
from typing import Any

import hiredis

from penstock.exchange.credit import CreditRow, decode_wake
from penstock.exchange.ends import TRIMMED_TO, Inlet
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.flight import check_nonce, failure
from penstock.exchange.input_log import following, parse_id
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.wire import pack


class Reading:
    """Makes the command, takes its replies. A log that is read far enough ahead is left out of the next one."""

    def __init__(
        self,
        wake_key: str,
        nonce_key: str,
        nonce: str,
        where: str,
        options: ExchangeOptions,
        on_credit: Callable[[int, int, CreditRow], None],
    ) -> None:
        self.is_pending = self.is_nudged = False
        self._wake_key, self._wake_position = wake_key, b"0-0"
        self._nonce, self._where, self._on_credit = nonce.encode(), where, on_credit
        self._get_nonce = pack(b"GET", nonce_key)
        self._head = (b"XREAD", b"COUNT", options.read_count, b"BLOCK", int(options.block * 1000), b"STREAMS")
        self._asked: list[tuple[Inlet, bytes]] = []
        self._replies: list[Any] = []

    def command(self, inlets: Sequence[Inlet]) -> bytes:
        """XREAD; then, to judge what it brought: the nonce, and how far each log was trimmed."""
        self._asked = [(i, i.log.position) for i in inlets if not i.log.is_full]
        self._replies = []
        self.is_pending, self.is_nudged = True, False
        keys = [i.log_key for i, _ in self._asked]
        parts = [pack(*self._head, *keys, self._wake_key, *[p for _, p in self._asked], self._wake_position)]
        parts.append(self._get_nonce)
        parts += [pack(b"HGET", i.credit_key, TRIMMED_TO) for i, _ in self._asked]
        return b"".join(parts)

    def wants_nudge(self, inlets: Sequence[Inlet]) -> bool:
        """Whether the pending read leaves out a log that could take entries again, unattended."""
        if self.is_nudged or not self.is_pending:
            return False
        # a log that came meanwhile is the last one
        if len(self._asked) == len(inlets) and (not inlets or self._asked[-1][0] is inlets[-1]):
            return False
        asked = {id(i) for i, _ in self._asked}
        return any(id(i) not in asked and i.log.has_room for i in inlets)

    def replied(self, replies: Sequence[Any]) -> bool:
        """Take replies; True when the read is complete. Raises ExchangeLost where the logs are not what they
        were, Refused where Redis cannot answer for now."""
        self._replies += replies
        if len(self._replies) < 2 + len(self._asked):
            return False
        self.is_pending = False
        streams, nonce, *trimmed = self._replies
        for reply in self._replies:
            if isinstance(reply, hiredis.ReplyError):
                raise failure(self._where, str(reply))
        check_nonce(nonce, self._nonce, self._where)
        for (inlet, position), upto in zip(self._asked, trimmed, strict=True):
            if upto is not None and parse_id(upto) > following(parse_id(position)) and not inlet.is_removed:
                raise ExchangeLost(
                    f"{inlet.log.name}: trimmed up to {upto.decode()}, beyond {position.decode()} where it is read: "
                    "a newer attempt consumes it",
                    "trimmed",
                )
        by_key = {i.log_key.encode(): i for i, _ in self._asked}
        for key, entries in streams or ():
            if key in by_key:
                by_key[key].log.feed(entries)
            else:
                self._woken(entries)
        return True

    def _woken(self, entries: Sequence[tuple[bytes, list[bytes]]]) -> None:
        for at, fields in entries:
            self._wake_position = at
            for channel, consumer, row in decode_wake(fields[1]):
                self._on_credit(channel, consumer, row)

    def dropped(self) -> None:
        """The connection is gone, and with it the read."""
        self.is_pending = False
