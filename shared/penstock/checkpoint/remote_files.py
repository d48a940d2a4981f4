"""Other file systems by fsspec: `memory://` for tests, S3, and whatever else has a package for it.

Object stores show a file once it is whole, so it is written under its own name; systems that do not are given a
temporary name and a rename.
"""

import contextlib
import io
import os
import secrets
from collections.abc import Mapping
from typing import Any

from penstock.checkpoint.local_files import TEMPORARY
from penstock.checkpoint.locations import name, parent
from penstock.client.config import Configuration
from penstock.client.config.options import filesystems

#: schemes whose files appear at once when they are closed
_OBJECT_STORES = frozenset({"s3", "s3a", "s3n", "gs", "gcs", "abfs", "abfss", "az", "oss"})
_ATOMIC = _OBJECT_STORES | {"memory"}
_PART = 8 << 20  #: bytes held in memory of a file that is being uploaded
_PACKAGES = {"s3": "penstock[s3]", "s3a": "penstock[s3]", "s3n": "penstock[s3]", "gs": "gcsfs", "abfs": "adlfs"}


class RemoteOutputFile:
    """A file by fsspec. An upload that is discarded leaves nothing."""

    def __init__(self, system: Any, path: str, atomic: bool) -> None:
        self._system, self._path = system, path
        self._temporary = path if atomic else f"{parent(path)}/{TEMPORARY}{secrets.token_hex(4)}-{name(path)}"
        if not atomic:
            system.makedirs(parent(path), exist_ok=True)
        self._file = system.open(self._temporary, "wb", block_size=_PART)

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(data)

    def commit(self) -> None:
        try:
            self._file.close()
            if self._temporary != self._path:
                self._system.mv(self._temporary, self._path)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        if hasattr(self._file, "discard"):
            self._file.discard()
            self._file.closed = True  # or its end would upload it after all
            return
        self._file.close()
        if self._system.exists(self._temporary):
            self._system.rm_file(self._temporary)


class MemoryOutputFile:
    """Of `memory://`, whose files otherwise are seen while they are being written."""

    def __init__(self, system: Any, path: str) -> None:
        self._system, self._path = system, path
        self._buffer = io.BytesIO()

    def write(self, data: bytes | memoryview) -> None:
        self._buffer.write(data)

    def commit(self) -> None:
        self._system.pipe_file(self._path, self._buffer.getvalue())

    def discard(self) -> None:
        self._buffer.close()


class RemoteFiles:
    """fsspec keeps one instance a process and set of options; none is kept here, so that a fork gets its own."""

    def __init__(self, scheme: str, settings: Configuration) -> None:
        self._scheme = scheme
        self._options = s3_options(settings) if scheme in ("s3", "s3a", "s3n") else {}

    def create(self, path: str) -> RemoteOutputFile | MemoryOutputFile:
        if self._scheme == "memory":
            return MemoryOutputFile(self._system(), path)
        return RemoteOutputFile(self._system(), path, self._scheme in _ATOMIC)

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        if size == 0:
            return b""
        end = None if size is None else offset + size
        return bytes(self._system().cat_file(path, start=offset or None, end=end))

    def size(self, path: str) -> int | None:
        found = self._system().info(path)
        return None if found["type"] == "directory" else int(found["size"])

    def list(self, folder: str) -> Mapping[str, int | None]:
        try:
            entries = self._system().ls(folder, detail=True)
        except FileNotFoundError:
            return {}
        here = folder.rstrip("/").rpartition("://")[2].strip("/")
        return {
            name(e["name"]): None if e["type"] == "directory" else int(e["size"])
            for e in entries
            if e["name"].strip("/") != here  # the marker of an empty folder, or a file that is no folder
        }

    def remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._system().rm_file(path)

    def remove_folder(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._system().rm(path, recursive=True)

    def remove_empty_folder(self, path: str) -> None:
        if self._scheme not in _OBJECT_STORES and not self.list(path):
            with contextlib.suppress(FileNotFoundError):
                self._system().rmdir(path)

    def _system(self) -> Any:
        import fsspec

        try:
            return fsspec.filesystem(self._scheme, **self._options)
        except ImportError as error:
            package = _PACKAGES.get(self._scheme)
            hint = f"pip install '{package}'" if package else str(error)
            raise OSError(f"{self._scheme}:// needs a package that is not installed: {hint}") from None
        except ValueError as error:
            raise OSError(f"there is no file system for {self._scheme}://: {error}") from None


def s3_options(settings: Configuration) -> dict[str, Any]:
    """s3fs's options of Flink's keys; what is not set is found by the AWS SDK (environment, profile, instance)."""
    options: dict[str, Any] = {"use_listings_cache": False}
    if key := settings.find(filesystems.S3_ACCESS_KEY):
        options["key"] = key
    if secret := settings.find(filesystems.S3_SECRET_KEY):
        options["secret"] = secret
    if endpoint := settings.find(filesystems.S3_ENDPOINT) or os.environ.get("AWS_ENDPOINT_URL"):
        options["endpoint_url"] = endpoint if "://" in endpoint else f"https://{endpoint}"
    config: dict[str, Any] = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 4}}
    if settings.get(filesystems.S3_PATH_STYLE):
        config["s3"] = {"addressing_style": "path"}
    options["config_kwargs"] = config
    return options
