"""FileFormat: how files become records, a split at a time. StreamFormat and BulkFormat are its two public kinds."""

from collections.abc import Sequence
from typing import Any, Protocol

from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit


class RecordReadError(ValueError):
    """A record that cannot be read; says in which file, and where."""


class OpenSplit(Protocol):
    """`errors`: records passed over so far, as they could not be read."""

    errors: int

    def read(self, count: int) -> Sequence[Any]:
        """At most about `count` records, [] at the end. RecordReadError, OSError."""

    def position(self) -> FileSourceSplit:
        """The split from behind the last record that `read` gave."""

    def close(self) -> None: ...


class FileFormat:
    """Travels pickled with the job."""

    def get_produced_type(self) -> TypeInformation:
        raise NotImplementedError(f"{type(self).__name__} has to define get_produced_type")

    def splits(self, path: str, size: int, size_of_split: int | None) -> list[FileSourceSplit]:
        """What the file is read in: by default at once. `size_of_split` (bytes), where it may be cut at all."""
        return [FileSourceSplit(path, 0, size)] if size else []

    def open(self, split: FileSourceSplit) -> OpenSplit:
        raise NotImplementedError(f"{type(self).__name__} has to define open")
