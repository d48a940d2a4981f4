"""Content-addressed payloads: small ones in Redis, large ones as files of the state plane with a pointer in Redis."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import redis

from penstock.coordination.blob_files import blob_path, read_blob_file, write_blob_file
from penstock.coordination.keys import Keys
from penstock.security.keyring import HEAD_BYTES, UNSIGNED, BadSeal, Keyring

#: bytes; design, section 2
LARGEST_IN_REDIS = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_digest(digest: str) -> str:
    """ValueError unless it is a sha256 in lower-case hex: digests come from requests and become file names."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"not a sha256 in lower-case hex: {digest[:80]!r}")
    return digest


def verified(digest: str, data: bytes) -> bytes:
    """The data. ValueError where it is not what the digest says."""
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"blob {digest} is damaged: {len(data)} bytes with another digest; delete it and submit again")
    return data


class RedisBlobs:
    """See `parts.Blobs`. In Redis a blob stands behind its seal; of a file the pointer does, for the digest says what
    it has to hold."""

    def __init__(self, client: redis.Redis, keys: Keys, storage_dir: Path | None, keyring: Keyring = UNSIGNED) -> None:
        self._client: Any = client  # redis-py types a reply as bytes or str; without decoding it is bytes
        self._keys = keys
        self._storage_dir = storage_dir
        self._keyring = keyring

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        if len(data) <= LARGEST_IN_REDIS:
            self._set(digest, self._keys.blob(digest), self._keyring.seal("blob", digest, data))
            return digest
        # The pointer last: who sees it finds the file. It may be taken away meanwhile as one that nobody needs.
        storage, is_stored = self._storage(digest, len(data)), False
        while not is_stored:
            path = write_blob_file(storage, digest, data)
            pointer = self._keyring.seal("blob", digest, path.encode())
            self._set(digest, self._keys.blob_in_store(digest), pointer)
            is_stored = self._stored(digest, pointer)
        return digest

    def _set(self, digest: str, key: str, value: bytes) -> None:
        with self._client.pipeline() as both:
            both.set(key, value)
            both.hdel(self._keys.unused_blobs(), digest)
            both.execute()

    def get(self, digest: str) -> bytes:
        data, path = self._client.mget([self._keys.blob(check_digest(digest)), self._keys.blob_in_store(digest)])
        if data is not None:
            return verified(digest, self._opened(digest, data))
        if path is not None:
            self._opened(digest, path)
            data = read_blob_file(self._storage(digest), digest)
        if data is None:
            raise KeyError(f"no blob {digest}")
        return verified(digest, data)

    def exists(self, digests: Iterable[str]) -> set[str]:
        wanted = [check_digest(digest) for digest in digests]
        if not wanted:
            return set()
        with self._client.pipeline() as batch:
            # first of all: who is told that a blob is there may count on it
            batch.hdel(self._keys.unused_blobs(), *wanted)
            for digest in wanted:
                batch.getrange(self._keys.blob(digest), 0, HEAD_BYTES)
                batch.exists(self._keys.blob(digest))
                batch.get(self._keys.blob_in_store(digest))
            found = batch.execute()[1:]
        there = zip(wanted, found[::3], found[1::3], found[2::3], strict=True)
        return {
            digest
            for digest, head, small, pointer in there
            if (small and self._keyring.may_open(head)) or (pointer is not None and self._stored(digest, pointer))
        }

    def _opened(self, digest: str, sealed: bytes) -> bytes:
        try:
            return self._keyring.open("blob", digest, sealed)
        except BadSeal as error:
            raise BadSeal(f"blob {digest} is refused: {error}") from None

    def _stored(self, digest: str, pointer: bytes) -> bool:
        # A pointer may outlive its file: whoever asks shall upload it again.
        return self._keyring.may_open(pointer) and (self._storage(digest) / blob_path(digest)).is_file()

    def _storage(self, digest: str, size: int | None = None) -> Path:
        if self._storage_dir is None:
            length = "larger than 1 MiB" if size is None else f"of {size} bytes"
            raise ValueError(f"blob {digest} {length} needs a storage directory: set penstock.storage.dir")
        return self._storage_dir
