"""Checksums of checkpoint files: xxh3-64 against damage, HMAC-SHA256 against damage and forgery.

A keyed one says so, and by which secret: `h1:<id of the secret>:<hex>`.
"""

import hmac
from typing import Any, Protocol

import xxhash

_PREFIX = "h1"
_HEX_DIGITS, _GROUP_BYTES = 32, 8


class Running(Protocol):
    """A checksum in the making."""

    def update(self, data: bytes | memoryview, /) -> object: ...
    def hexdigest(self) -> str:
        """What stands in a handle."""


class Checksums(Protocol):
    """`group`: of a part that stands in a handle as a number of 64 bits."""

    def running(self) -> Running: ...
    def of(self, data: bytes | memoryview) -> str: ...
    def fits(self, data: bytes, checksum: str) -> bool: ...
    def follow(self, checksum: str) -> Running:
        """One whose `hexdigest` will equal `checksum` if the data is that. ValueError: it can never be trusted."""

    def group(self, data: bytes) -> int: ...
    def fits_group(self, data: bytes, checksum: int) -> bool: ...


class PlainChecksums:
    """Tells damage; anybody can make them."""

    def running(self) -> Running:
        return xxhash.xxh3_64()

    def of(self, data: bytes | memoryview) -> str:
        return xxhash.xxh3_64_hexdigest(data)

    def fits(self, data: bytes, checksum: str) -> bool:
        return self.of(data) == checksum

    def follow(self, checksum: str) -> Running:
        return self.running()

    def group(self, data: bytes) -> int:
        return xxhash.xxh3_64_intdigest(data)

    def fits_group(self, data: bytes, checksum: int) -> bool:
        return self.group(data) == checksum


class KeyedChecksums:
    """`keys`: (id of the secret, key), the one that makes them first."""

    def __init__(self, keys: tuple[tuple[str, bytes], ...]) -> None:
        self._keys = keys
        self._by_id = dict(reversed(keys))

    def running(self) -> Running:
        return _Keyed(*self._keys[0])

    def of(self, data: bytes | memoryview) -> str:
        running = self.running()
        running.update(data)
        return running.hexdigest()

    def fits(self, data: bytes, checksum: str) -> bool:
        try:
            running = self.follow(checksum)
        except ValueError:
            return False
        running.update(data)
        return hmac.compare_digest(running.hexdigest(), checksum)

    def follow(self, checksum: str) -> Running:
        prefix, _, rest = checksum.partition(":")
        id, _, _ = rest.partition(":")
        if prefix != _PREFIX or id not in self._by_id:
            raise ValueError("not made with the cluster secret")
        return _Keyed(id, self._by_id[id])

    def group(self, data: bytes) -> int:
        return _number(self._keys[0][1], data)

    def fits_group(self, data: bytes, checksum: int) -> bool:
        return any(_number(key, data) == checksum for _, key in self._keys)


class _Keyed:
    def __init__(self, id: str, key: bytes) -> None:
        self._id = id
        self._hash: Any = hmac.new(key, b"section", "sha256")

    def update(self, data: bytes | memoryview) -> None:
        self._hash.update(data)

    def hexdigest(self) -> str:
        return f"{_PREFIX}:{self._id}:{self._hash.hexdigest()[:_HEX_DIGITS]}"


def _number(key: bytes, data: bytes) -> int:
    return int.from_bytes(hmac.digest(key, b"group" + data, "sha256")[:_GROUP_BYTES], "big")
