"""Values of one state as bytes, and what lies at a key's place of each kind of state."""

import struct
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from penstock.state.declarations import Declarations
from penstock.state.pickling import dumps, loads
from penstock.state.portable import pickle_value
from penstock.state.rocksdb.key_encoding import encode_key
from penstock.state.rocksdb.places import key_at, place_of

#: of a list's element, and how many there have been
NUMBER = struct.Struct(">Q")
Entry = tuple[bytes, bytes]


class Codec:
    """`name`: the state's, for messages."""

    __slots__ = ("_declarations", "_name")

    def __init__(self, declarations: Declarations, name: str) -> None:
        self._declarations, self._name = declarations, name

    def dumps(self, key: Any, value: Any) -> bytes:
        """StateNotPicklable names the operator, the state and the key."""
        try:
            return dumps(value)
        except Exception:
            return pickle_value(self._declarations.operator, self._name, key, value)

    loads = staticmethod(loads)

    def entries(self, kind: str, place: bytes, key: Any, value: Any) -> Iterator[Entry]:
        """What is written for a key of which there is nothing yet."""
        if kind == "list":
            for number, element in enumerate(value):
                yield place + NUMBER.pack(number), self.dumps(key, element)
            if value:
                yield place, NUMBER.pack(len(value))
        elif kind == "map":
            for map_key, of_map in value.items():
                yield place + encode_key(map_key), self.dumps(key, (map_key, of_map))
        else:
            yield place, self.dumps(key, value)


def values_of(kind: str, entries: Iterator[Entry]) -> Iterator[tuple[Any, Any]]:
    """(key, value) from a state's entries in order."""
    for place, group in groupby(entries, key=_place):
        values = [loads(value) for at, value in group if kind != "list" or len(at) > len(place)]
        if kind == "map":
            yield key_at(place), dict(values)
        elif kind != "list":
            yield key_at(place), values[0]
        elif values:
            yield key_at(place), values


def _place(entry: Entry) -> bytes:
    return place_of(entry[0])
