"""Keys as bytes: equal keys give equal bytes, as a dict demands (1 == 1.0 == True, a named tuple is a tuple)."""

import io
import numbers
import pickle
from typing import Any

from penstock.state.no_key import NoKey


def encode_key(key: Any) -> bytes:
    """RuntimeError for the key that is none; TypeError for what cannot be hashed."""
    match key:
        case str():
            return b"s" + key.encode("utf-8", "surrogatepass")
        case bytes():
            return b"b" + key
        case numbers.Integral():
            return b"i%d" % int(key)
        case float() if key.is_integer():
            return b"i%d" % int(key)
        case NoKey():
            key.refuse()
    hash(key)
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    # without a memo: whether two parts are one object must not show
    pickler.fast = True
    pickler.dump(_canonical(key))
    return b"p" + buffer.getvalue()


def decode_key(data: bytes) -> Any:
    """A key equal to the one that was encoded."""
    content = data[1:]
    match data[:1]:
        case b"s":
            return content.decode("utf-8", "surrogatepass")
        case b"b":
            return content
        case b"i":
            return int(content)
    key = pickle.loads(content)
    return frozenset(key.parts) if isinstance(key, _Set) else key


class _Set:
    """A frozenset in one order."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts


def _canonical(key: Any) -> Any:
    match key:
        case tuple():
            return tuple(_canonical(part) for part in key)
        case frozenset():
            return _Set(sorted((_canonical(part) for part in key), key=encode_key))
        case numbers.Integral():
            return int(key)
        case float() if key.is_integer():
            return int(key)
    return key
