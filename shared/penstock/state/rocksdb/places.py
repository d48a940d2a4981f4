"""Where a state's entry for a key lies: state number (u16), key group (u16), length of the key (u32), key.

All of a key's entries of a state share that prefix, which is no other key's prefix because the length comes first.
"""

import struct
from typing import Any

from penstock.graph.key_groups import key_group
from penstock.state.rocksdb.key_encoding import decode_key, encode_key

_STATE = struct.Struct(">H")
_HEAD = struct.Struct(">HI")
_BEFORE_KEY = _STATE.size + _HEAD.size


class Places:
    """Remembers the last key: many states are used for the same one."""

    def __init__(self, max_parallelism: int) -> None:
        self._max_parallelism = max_parallelism
        self._last: Any = object()
        self._last_place = b""

    def of_key(self, key: Any) -> bytes:
        """What follows the state number."""
        if key is not self._last:
            encoded = encode_key(key)
            self._last_place = _HEAD.pack(key_group(key, self._max_parallelism), len(encoded)) + encoded
            self._last = key
        return self._last_place


def state_prefix(number: int) -> bytes:
    return _STATE.pack(number)


def place_of(entry: bytes) -> bytes:
    """The place that a database key belongs to, without what follows it."""
    _, length = _HEAD.unpack_from(entry, _STATE.size)
    return entry[: _BEFORE_KEY + length]


def key_at(place: bytes) -> Any:
    """The key of a place."""
    return decode_key(place[_BEFORE_KEY:])
