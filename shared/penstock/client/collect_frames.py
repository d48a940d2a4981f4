"""The body of `GET /penstock/jobs/:id/collect/:collect_id`: frames, each a header and a pickled list of records.

Header, big-endian: u8 kind (0: batch, 1: end of the collected stream), u64 sequence (records up to and including this
batch), u32 length of the payload. An end frame has no payload and is the last.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

MEDIA_TYPE = "application/vnd.penstock.collect"

_HEADER = struct.Struct(">BQI")
_BATCH, _END = 0, 1


@dataclass(frozen=True, slots=True)
class CollectPage:
    """Batches as (sequence, pickled list of records); `end`: nothing will follow."""

    batches: tuple[tuple[int, bytes], ...]
    end: bool


def write_frames(batches: Iterable[tuple[int, bytes]], end: bool) -> bytes:
    """The body of a page."""
    parts: list[bytes] = []
    last = 0
    for sequence, payload in batches:
        parts += (_HEADER.pack(_BATCH, sequence, len(payload)), payload)
        last = sequence
    if end:
        parts.append(_HEADER.pack(_END, last, 0))
    return b"".join(parts)


def read_frames(body: bytes) -> CollectPage:
    """The page of a body. ValueError: cut off or not of this form."""
    batches: list[tuple[int, bytes]] = []
    position, end = 0, False
    while position < len(body):
        if end or len(body) - position < _HEADER.size:
            raise ValueError(f"a collect page is malformed at byte {position} of {len(body)}")
        kind, sequence, length = _HEADER.unpack_from(body, position)
        position += _HEADER.size
        if kind not in (_BATCH, _END) or len(body) - position < length:
            raise ValueError(f"a collect page is malformed at byte {position} of {len(body)}")
        if kind == _END:
            end = True
        else:
            batches.append((sequence, body[position : position + length]))
        position += length
    return CollectPage(tuple(batches), end)
