"""The wire format of an input log entry: field `h`, this header; field `p`, the payload.

Header, little endian, 30 bytes: channel u32, epoch u32, attempt u32, kind u8, serializer u8, seq u64, ordinal u64.
Payload: data, a pickle of (values, timestamps, keys); watermark, i64 ms; status, one byte; cancel, u64 id; barrier, u64
id and the JSON of its `CheckpointOptions`; latency, i64 ms, u32 source subtask and the source's id.
"""

import struct
from enum import IntEnum
from typing import NamedTuple, TypeAlias

import msgspec

from penstock.checkpoint.options import CheckpointOptions
from penstock.exchange.elements import (
    CancelCheckpoint,
    CheckpointBarrier,
    Control,
    EndOfInput,
    LatencyMarker,
    Watermark,
    WatermarkStatus,
)

#: (epoch of the JobMaster that made it, number): ordered, so that a newer attempt compares greater
Attempt: TypeAlias = tuple[int, int]
NO_ATTEMPT: Attempt = (0, -1)
#: the channel of cancel entries, which the JobMaster appends itself
JOBMASTER_CHANNEL = 0xFFFF_FFFF

_HEADER = struct.Struct("<IIIBBQQ")
KIND = 12  #: where in it the kind is
_I64 = struct.Struct("<q")
_U64 = struct.Struct("<Q")
_MARKER = struct.Struct("<qI")
_encode_options = msgspec.json.Encoder().encode
_decode_options = msgspec.json.Decoder(CheckpointOptions).decode


class Kind(IntEnum):
    DATA = 0
    WATERMARK = 1
    STATUS = 2
    BARRIER = 3
    CANCEL = 4
    END = 5
    LATENCY = 6


class Serializer(IntEnum):
    """How the payload of a data entry was made. Both are read by `pickle.loads`."""

    PICKLE = 0
    CLOUDPICKLE = 1


class Header(NamedTuple):
    """`seq`: records of the channel up to and including this entry; `ordinal`: its control entries likewise."""

    channel: int
    epoch: int
    attempt: int
    kind: int
    serializer: int
    seq: int
    ordinal: int

    def pack(self) -> bytes:
        return _HEADER.pack(*self)


def unpack_header(raw: bytes) -> Header:
    """ValueError where `raw` is no header."""
    try:
        return Header._make(_HEADER.unpack(raw))
    except struct.error as e:
        raise ValueError(f"not an entry header ({e}): {raw[:40]!r}") from None


def kind_of(raw: bytes) -> int:
    """The kind in a packed header."""
    return raw[KIND]


def encode_control(element: Control) -> tuple[Kind, bytes]:
    """Kind and payload of a control element."""
    match element:
        case Watermark(timestamp):
            return Kind.WATERMARK, _I64.pack(timestamp)
        case WatermarkStatus(active):
            return Kind.STATUS, b"\x01" if active else b"\x00"
        case CheckpointBarrier(checkpoint, options):
            return Kind.BARRIER, _U64.pack(checkpoint) + _encode_options(options)
        case CancelCheckpoint(checkpoint, _):
            return Kind.CANCEL, _U64.pack(checkpoint)
        case EndOfInput():
            return Kind.END, b""
        case LatencyMarker(marked_at, source, subtask):
            return Kind.LATENCY, _MARKER.pack(marked_at, subtask) + source.encode()


def decode_control(header: Header, payload: bytes) -> Control:
    """The inverse of `encode_control`. ValueError for a kind this version does not know."""
    match header.kind:
        case Kind.WATERMARK:
            return Watermark(_I64.unpack(payload)[0])
        case Kind.STATUS:
            return WatermarkStatus(payload != b"\x00")
        case Kind.BARRIER:
            return CheckpointBarrier(_U64.unpack_from(payload)[0], _decode_options(payload[_U64.size :]))
        case Kind.CANCEL:
            return CancelCheckpoint(_U64.unpack(payload)[0], header.epoch)
        case Kind.END:
            return EndOfInput()
        case Kind.LATENCY:
            marked_at, subtask = _MARKER.unpack_from(payload)
            return LatencyMarker(marked_at, payload[_MARKER.size :].decode(), subtask)
        case kind:
            raise ValueError(f"an entry of kind {kind}, which this version does not know")
