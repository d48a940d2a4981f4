"""Credit per channel: what a producer may append, and what its consumer tells it (exchange.md, section Credit).

Outstanding is what was sent above the highest sequence the consumer has published as taken, in bytes. A consumer
publishes at the latest when a quarter of the bound is unpublished, and up to a quarter outstanding a producer may
always append: so a batch larger than the bound cannot block for good, and publishing lazily blocks nobody.
"""

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from penstock.exchange.header import NO_ATTEMPT, Attempt


def low_mark(bound: int) -> int:
    """The quarter both sides agree on, in bytes; at least 1."""
    return max(1, bound // 4)


class CreditRow(NamedTuple):
    """What a consumer publishes of one channel: field `channel` of the credit hash, and an entry in a wake stream."""

    taken: int = 0  #: records
    ordinal: int = 0  #: control entries
    attempt: Attempt = NO_ATTEMPT  #: the newest seen; an older producer exits
    withheld: bool = False  #: the consumer's log has come to its bound: nothing but control entries

    def encode(self) -> bytes:
        row = b"%d %d %d %d" % (self.taken, self.ordinal, *self.attempt)
        return row + b" 1" if self.withheld else row

    @staticmethod
    def decode(raw: bytes | None) -> "CreditRow":
        """ValueError where `raw` is no credit row; a row that is not there yet is an empty one."""
        if raw is None:
            return CreditRow()
        taken, ordinal, epoch, attempt, *withheld = map(int, raw.split())
        return CreditRow(taken, ordinal, (epoch, attempt), bool(withheld))

    def raised(self, other: "CreditRow") -> "CreditRow":
        """This one, never lower than an earlier one. Ordinals count within an attempt."""
        attempt, ordinal = max((self.attempt, self.ordinal), (other.attempt, other.ordinal))
        return CreditRow(max(self.taken, other.taken), ordinal, attempt, self.withheld)


_WAKE = struct.Struct("<IIQQIi")
_WITHHELD = 1 << 31  #: in the number of a consumer, of which there are at most 32,768


def encode_wake(consumer: int, rows: Iterable[tuple[int, CreditRow]]) -> bytes:
    """The payload of a wake entry: rows of channels (id, row) into one consumer subtask."""
    return b"".join(
        _WAKE.pack(c, consumer | _WITHHELD if r.withheld else consumer, r.taken, r.ordinal, *r.attempt) for c, r in rows
    )


def decode_wake(payload: bytes) -> Iterator[tuple[int, int, CreditRow]]:
    """(channel id, consumer subtask, row) of each row; nothing of an empty payload, which is but a nudge."""
    for channel, consumer, taken, ordinal, epoch, attempt in _WAKE.iter_unpack(payload):
        row = CreditRow(taken, ordinal, (epoch, attempt), bool(consumer & _WITHHELD))
        yield channel, consumer & ~_WITHHELD, row


class ProducerCredit:
    """The producer's side of one channel."""

    __slots__ = ("_low", "_sent", "bound", "outstanding", "taken")

    def __init__(self, bound: int) -> None:
        self.bound, self._low = bound, low_mark(bound)
        self.taken = 0
        self.outstanding = 0  #: bytes
        self._sent: deque[tuple[int, int]] = deque()

    def allows(self, size: int) -> bool:
        """Whether an entry of `size` bytes may be appended now."""
        return self.outstanding + size <= self.bound or self.outstanding < self._low

    def sent(self, seq: int, size: int) -> None:
        """An entry up to sequence `seq` was appended."""
        self._sent.append((seq, size))
        self.outstanding += size

    def taken_upto(self, seq: int) -> None:
        """The consumer has published `seq`."""
        if seq <= self.taken:
            return
        self.taken = seq
        sent = self._sent
        while sent and sent[0][0] <= seq:
            self.outstanding -= sent.popleft()[1]


class ConsumerCredit:
    """What the consumer of one input log has taken and not published yet."""

    def __init__(self, bound: int, channels: Iterable[int]) -> None:
        self._low = low_mark(bound)
        self._unpublished: dict[int, int] = dict.fromkeys(channels, 0)
        self._dirty: dict[int, None] = {}
        self._since: float | None = None
        self.urgent = False  #: a producer may be waiting for this
        self.prompt = False  #: publish when there is nothing better to do

    @property
    def is_dirty(self) -> bool:
        return bool(self._dirty)

    def took(self, channel: int, size: int) -> None:
        """A data entry of `size` bytes was taken."""
        unpublished = self._unpublished[channel] + size
        self._unpublished[channel] = unpublished
        self._dirty[channel] = None
        if unpublished >= self._low:
            self.urgent = True

    def passed(self, channel: int, *, urgent: bool = False, prompt: bool = False) -> None:
        """A control entry, or a newer attempt, was seen."""
        self._dirty[channel] = None
        self.urgent |= urgent
        self.prompt |= prompt

    def due_at(self, now: float, interval: float) -> float | None:
        """When what there is has to be published, by the caller's clock; None: nothing to publish."""
        if not self._dirty:
            return None
        if self._since is None:
            self._since = now
        return now if self.urgent else self._since + interval

    def published(self) -> list[int]:
        """Forget and return the channels to publish."""
        channels = list(self._dirty)
        for channel in channels:
            self._unpublished[channel] = 0
        self._dirty.clear()
        self._since, self.urgent, self.prompt = None, False, False
        return channels
