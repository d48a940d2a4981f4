"""The log of an `execute_and_collect`: what the one writing subtask appends, whoever of its attempts it is.

    START      an attempt begins: `seq` records were sent by the checkpoint it goes on from, what it sends comes behind
               record `before`; payload b"\\x01": records count once they are committed
    DATA       a pickled list, the records above `before` up to `seq`
    COMMITTED  a checkpoint with all records up to `seq` is complete
    END        no more records will come from this attempt

A newer attempt's START takes back what older ones sent above its `seq` and that was not committed.
"""

from enum import IntEnum
from typing import NamedTuple

from penstock.exchange.header import Attempt, Header, Serializer, unpack_header

GATED = b"\x01"


class CollectKind(IntEnum):
    DATA = 0
    END = 5
    START = 16
    COMMITTED = 17


class CollectEntry(NamedTuple):
    """`seq`, `before`: records since the job's beginning."""

    kind: int
    attempt: Attempt
    before: int
    seq: int
    payload: bytes = b""


def pack_entry(entry: CollectEntry, serializer: Serializer) -> bytes:
    """The header of an entry in the log."""
    return Header(0, *entry.attempt, entry.kind, serializer, entry.seq, entry.before).pack()


def unpack_entry(header: bytes, payload: bytes) -> CollectEntry:
    """ValueError where `header` is none."""
    h = unpack_header(header)
    return CollectEntry(h.kind, (h.epoch, h.attempt), h.ordinal, h.seq, payload)
