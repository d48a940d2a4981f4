"""What checkpoint storage needs of a file system, and which one a location is on. Errors are the system's own."""

from collections.abc import Mapping
from typing import Protocol

from penstock.checkpoint.local_files import LocalFiles
from penstock.checkpoint.locations import split
from penstock.checkpoint.remote_files import RemoteFiles
from penstock.client.config import Configuration


class OutputFile(Protocol):
    """A file that is there, whole, once `commit` has returned, and not at all before. One of the two, once."""

    def write(self, data: bytes | memoryview) -> None: ...
    def commit(self) -> None: ...
    def discard(self) -> None: ...


class FileSystem(Protocol):
    """Thread-safe. Folders come and go with their files."""

    def create(self, path: str) -> OutputFile:
        """Replaces what is there."""

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """Fewer bytes than `size` where the file ends. FileNotFoundError, IsADirectoryError."""

    def size(self, path: str) -> int | None:
        """Of a file in bytes; None of a folder. FileNotFoundError."""

    def list(self, folder: str) -> "Mapping[str, int | None]":
        """Name -> size of what is directly in a folder; None: a folder. Empty where there is none."""

    def remove(self, path: str) -> None:
        """A file; nothing happens where it is missing."""

    def remove_folder(self, path: str) -> None:
        """With all that is in it; nothing happens where it is missing."""

    def remove_empty_folder(self, path: str) -> None:
        """Nothing happens where it is missing, or has something in it."""


def file_system(location: str, settings: Configuration) -> FileSystem:
    """The file system of a normalized location. `settings`: the configuration, for credentials."""
    scheme = split(location)[0]
    return LocalFiles() if scheme == "" else RemoteFiles(scheme, settings)
