"""FileCompactor: how small files become one."""

import shutil
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from penstock.common.jvm import no_jvm

if TYPE_CHECKING:
    from penstock.datastream.connectors.file_system.file_format import FileFormat
    from penstock.datastream.connectors.file_system.file_sink import FileSink

_RECORDS_AT_ONCE = 4096


class FileCompactor:
    """Subclasses compact in ways of their own."""

    @staticmethod
    def concat_file_compactor(file_delimiter: bytes | None = None) -> "FileCompactor":
        """One file behind the other, the delimiter behind each: for formats whose files can be joined."""
        if file_delimiter is not None and not isinstance(file_delimiter, bytes):
            raise TypeError(f"the file delimiter must be bytes, not {file_delimiter!r}")
        return ConcatFileCompactor(file_delimiter or b"")

    @staticmethod
    def identical_file_compactor() -> "FileCompactor":
        """Each file by itself, as it is."""
        return IdenticalFileCompactor()

    @staticmethod
    def record_wise_file_compactor(file_format: "FileFormat") -> "FileCompactor":
        """Files are read by a StreamFormat or BulkFormat, and the sink writes their records anew."""
        return RecordWiseFileCompactor(file_format)

    @abstractmethod
    def compact(self, files: Sequence[Path], target: BinaryIO, sink: "FileSink") -> None:
        """Write the content of the files. The same files give the same content, whenever it is."""

    def get_java_object(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_object()")


@dataclass(frozen=True, slots=True)
class ConcatFileCompactor(FileCompactor):
    file_delimiter: bytes

    def compact(self, files: Sequence[Path], target: BinaryIO, sink: "FileSink") -> None:
        for path in files:
            with path.open("rb") as file:
                shutil.copyfileobj(file, target, 1024 * 1024)
            target.write(self.file_delimiter)


class IdenticalFileCompactor(FileCompactor):
    def compact(self, files: Sequence[Path], target: BinaryIO, sink: "FileSink") -> None:
        (path,) = files
        with path.open("rb") as file:
            shutil.copyfileobj(file, target, 1024 * 1024)


@dataclass(frozen=True, slots=True)
class RecordWiseFileCompactor(FileCompactor):
    file_format: "FileFormat"

    def compact(self, files: Sequence[Path], target: BinaryIO, sink: "FileSink") -> None:
        batches = (batch for path in files for batch in self._batches(path))
        if sink.bulk is None:
            encode = sink.row_encoder.open(sink.input_type)
            for batch in batches:
                target.write(encode(batch))
            return
        writer = sink.bulk.create(target, sink.input_type)
        try:
            for batch in batches:
                writer.add(batch)
        except BaseException:
            writer.abandon()
            raise
        writer.finish()

    def _batches(self, path: Path) -> Iterator[Sequence[Any]]:
        for split in self.file_format.splits(str(path), path.stat().st_size, None):
            opened = self.file_format.open(split)
            try:
                while batch := opened.read(_RECORDS_AT_ONCE):
                    yield batch
            finally:
                opened.close()
