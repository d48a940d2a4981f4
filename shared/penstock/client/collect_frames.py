"""The body of `GET /penstock/jobs/:id/collect/:collect_id`: the entries of a collect log, and the position behind them.

Each frame, big-endian: u8 kind (`CollectKind`; 255: the position), u32 epoch and u32 number of the attempt, u64 records
before, u64 records up to and including this entry, u32 length of the payload. The position is the last frame; the next
request gives it as `position`.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from penstock.exchange.collect_log import CollectEntry, CollectKind

MEDIA_TYPE = "application/vnd.penstock.collect"
#: the position that a client begins with
BEGINNING = "0-0"

_HEADER = struct.Struct(">BIIQQI")
_POSITION = 255
_KINDS = frozenset(CollectKind)


@dataclass(frozen=True, slots=True)
class CollectPage:
    """`position`: to ask for what follows."""

    entries: tuple[CollectEntry, ...]
    position: str


def write_frames(entries: Iterable[CollectEntry], position: str) -> bytes:
    """The body of a page."""
    parts: list[bytes] = []
    for kind, attempt, before, seq, payload in entries:
        parts += (_HEADER.pack(kind, *attempt, before, seq, len(payload)), payload)
    at = position.encode()
    return b"".join((*parts, _HEADER.pack(_POSITION, 0, 0, 0, 0, len(at)), at))


def read_frames(body: bytes) -> CollectPage:
    """The page of a body. ValueError: cut off or not of this form."""
    entries: list[CollectEntry] = []
    at = 0
    while len(body) - at >= _HEADER.size:
        kind, epoch, number, before, seq, length = _HEADER.unpack_from(body, at)
        payload = body[at + _HEADER.size : at + _HEADER.size + length]
        if len(payload) < length or (kind != _POSITION and kind not in _KINDS):
            break
        at += _HEADER.size + length
        if kind == _POSITION:
            if at < len(body):
                break
            return CollectPage(tuple(entries), payload.decode())
        entries.append(CollectEntry(kind, (epoch, number), before, seq, payload))
    raise ValueError(f"a collect page is malformed at byte {at} of {len(body)}")
