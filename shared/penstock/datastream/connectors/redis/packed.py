"""Entries as `commit.lua` reads them."""

import struct
from collections.abc import Sequence

#: bytes of a chunk, about: one argument of the script
_CHUNK = 1 << 20
#: parts of an entry; Lua hands no more than 8000 values to a call
_MOST_PARTS = 7000
_HEAD, _LENGTH = struct.Struct(">HH"), struct.Struct(">I")


class PackedEntries:
    """Entries of any streams, in order."""

    def __init__(self) -> None:
        self.count = 0
        self._places: dict[bytes, int] = {}
        self._full: list[bytes] = []
        self._open = bytearray()

    def add(self, key: bytes, fields: Sequence[bytes]) -> None:
        """ValueError for an entry with too many fields, or too many streams."""
        if len(fields) > _MOST_PARTS:
            raise ValueError(f"an entry takes at most {_MOST_PARTS // 2} fields, not {len(fields) // 2}")
        place = self._places.setdefault(key, len(self._places) + 1)
        if place > 0xFFFF:
            raise ValueError("more than 65535 streams in one checkpoint")
        self._open += _HEAD.pack(place, len(fields))
        for part in fields:
            self._open += _LENGTH.pack(len(part))
            self._open += part
        self.count += 1
        if len(self._open) >= _CHUNK:
            self._full.append(bytes(self._open))
            self._open.clear()

    def keys(self) -> tuple[bytes, ...]:
        """Of the streams, by place."""
        return tuple(self._places)

    def chunks(self) -> tuple[bytes, ...]:
        return (*self._full, bytes(self._open)) if self._open else tuple(self._full)
