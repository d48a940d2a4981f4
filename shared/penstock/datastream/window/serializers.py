"""Serializers of windows, which assigners name. State here is pickled and does not go through them."""

import struct
from typing import BinaryIO

from penstock.common.serializer import TypeSerializer
from penstock.datastream.window.windows import CountWindow, GlobalWindow, TimeWindow

_BOUNDS = struct.Struct(">qq")
_ID = struct.Struct(">q")


class TimeWindowSerializer(TypeSerializer[TimeWindow]):
    """Start and end, 8 bytes each, big-endian."""

    def serialize(self, element: TimeWindow, stream: BinaryIO) -> None:
        stream.write(_BOUNDS.pack(element.start, element.end))

    def deserialize(self, stream: BinaryIO) -> TimeWindow:
        start, end = _BOUNDS.unpack(stream.read(_BOUNDS.size))
        return TimeWindow(start, end)


class CountWindowSerializer(TypeSerializer[CountWindow]):
    """The id, 8 bytes, big-endian."""

    def serialize(self, element: CountWindow, stream: BinaryIO) -> None:
        stream.write(_ID.pack(element.id))

    def deserialize(self, stream: BinaryIO) -> CountWindow:
        return CountWindow(_ID.unpack(stream.read(_ID.size))[0])


class GlobalWindowSerializer(TypeSerializer[GlobalWindow]):
    """One zero byte."""

    def serialize(self, element: GlobalWindow, stream: BinaryIO) -> None:
        stream.write(b"\x00")

    def deserialize(self, stream: BinaryIO) -> GlobalWindow:
        stream.read(1)
        return GlobalWindow()
