"""Whether a restarted producer makes the records again that it made before (docs/exchange.md, "Task-local failover").

What attempts before have left of a channel in its consumer's log is compared by value with what is made now, in
whatever batches either came. Only what both have is compared: where the log was trimmed there is nothing to say.
"""

import io
import pickle
from collections import deque
from collections.abc import Sequence
from typing import Any, TypeAlias

from penstock.exchange.errors import ExchangeLost
from penstock.exchange.header import NO_ATTEMPT, Attempt, Kind, unpack_header

#: value, timestamp, key
Record: TypeAlias = tuple[Any, int | None, Any]
#: batches that are read ahead of what is made
_AHEAD = 64


class ForkCheck:
    """Of one channel, above the sequence `after`. `attempt`: the producer's own; `edge` for messages."""

    def __init__(self, channel: int, after: int, attempt: Attempt, edge: str) -> None:
        self.position = b"-"  #: from where the log is to be read on, as XRANGE takes it
        self.is_asked = False  #: whether that is under way
        self._channel, self._attempt, self._edge = channel, attempt, edge
        self._is_read = False  #: whether all is read that there is to compare
        self._found_upto = self._made_upto = self._compared = after
        self._newest = NO_ATTEMPT
        self._found: deque[list[Record]] = deque()
        self._made: deque[list[Record]] = deque()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to compare."""
        return self._is_read and not self._found

    @property
    def wants(self) -> bool:
        """Whether more of the log is to be read."""
        return not (self._is_read or self.is_asked) and len(self._found) < _AHEAD

    def read(self, entries: Sequence[tuple[bytes, bytes, bytes]]) -> None:
        """The next entries of the log, as (id, header, payload); none: that is all of it. Raises ExchangeLost for a
        fork."""
        self.is_asked = False
        if not entries:
            self._is_read = True
        for at, raw, payload in entries:
            self.position = b"(" + at
            if raw:
                self._look(raw, payload)
            if self._is_read:
                break
        self._compare()

    def made(self, seq: int, payload: bytes) -> None:
        """A data entry up to `seq` was made. Raises ExchangeLost for a fork."""
        records = _records(payload)
        self._made_upto = self._put(self._made, self._made_upto, seq, records)
        self._compare()

    # -- inside ------------------------------------------------------------------------------------------------------
    def _look(self, raw: bytes, payload: bytes) -> None:
        header = unpack_header(raw)
        if header.channel != self._channel:
            return
        attempt = header.epoch, header.attempt
        if attempt >= self._attempt:
            self._is_read = True  # this one's own: nothing behind it counts that others have made
        elif header.kind == Kind.DATA and attempt >= self._newest and header.seq > self._found_upto:
            records = _records(payload)
            if header.seq - len(records) > self._found_upto:
                self._is_read = True  # what is in between was trimmed
            else:
                self._found_upto = self._put(self._found, self._found_upto, header.seq, records)
        self._newest = max(self._newest, attempt)

    @staticmethod
    def _put(queue: deque[list[Record]], upto: int, seq: int, records: list[Record]) -> int:
        skip = upto - (seq - len(records))
        if skip < len(records):
            queue.append(records[skip:] if skip > 0 else records)
        return max(upto, seq)

    def _compare(self) -> None:
        found, made = self._found, self._made
        while found and made:
            before, now = found.popleft(), made.popleft()
            n = min(len(before), len(now))
            if not _are_equal(before[:n], now[:n]):
                self._check_each(before[:n], now[:n])
            self._compared += n
            if len(before) > n:
                found.appendleft(before[n:])
            if len(now) > n:
                made.appendleft(now[n:])

    def _check_each(self, before: list[Record], now: list[Record]) -> None:
        for n, (one, other) in enumerate(zip(before, now, strict=True), self._compared + 1):
            if not _are_equal(one, other) and not _are_pickled_alike(one, other):
                raise ExchangeLost(
                    f"edge {self._edge}: record {n} is not what it was before the task restarted: {_shown(one)}, "
                    f"then {_shown(other)}. What made it is not deterministic",
                    "fork",
                )


def _records(payload: bytes) -> list[Record]:
    values, timestamps, keys = pickle.loads(payload)
    none = [None] * len(values)
    return list(zip(values, timestamps or none, keys or none, strict=True))


def _are_equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:
        return False  # a type of the user's own, or an array


def _are_pickled_alike(one: Any, other: Any) -> bool:
    """For what has no equality of its own. What cannot be told counts as equal."""
    try:
        return _plain(one) == _plain(other)
    except Exception:
        return True


def _plain(value: Any) -> bytes:
    """Without memo: whether two parts are one object depends on where they came from."""
    out = io.BytesIO()
    pickler = pickle.Pickler(out, protocol=5)
    pickler.fast = True
    pickler.dump(value)
    return out.getvalue()


def _shown(record: Record) -> str:
    text = repr(record[0])
    return text if len(text) <= 100 else text[:100] + "…"
