"""FileSource."""

import os
from dataclasses import dataclass

from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.compression import is_compressed
from penstock.datastream.connectors.file_system.file_reader import TextLineReader
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit, find_files, make_splits
from penstock.datastream.connectors.file_system.local_path import local_path
from penstock.datastream.connectors.file_system.stream_format import StreamFormat
from penstock.datastream.connectors.file_system.text_lines import is_line_based
from penstock.operators.specs import ReaderContext


@dataclass(slots=True)
class FileSource:
    """The files at some paths, folders recursively, as they are when the job starts."""

    _stream_format: StreamFormat
    _paths: tuple[str, ...]
    bounded: bool = True

    @staticmethod
    def for_record_stream_format(stream_format: StreamFormat, *paths: str | os.PathLike[str]) -> "FileSourceBuilder":
        """Paths are seen from the program's working directory, and must be there for every slot.

        A path given twice is read twice. ValueError without any.
        """
        return FileSourceBuilder(stream_format, *paths)

    def get_produced_type(self) -> TypeInformation:
        return self._stream_format.get_produced_type()

    def enumerate_splits(self, parallelism: int) -> list[FileSourceSplit]:
        """FileNotFoundError names a path that is not there."""
        line_based = is_line_based(self._stream_format.charset)
        return make_splits(find_files(self._paths), parallelism, lambda path: line_based and not is_compressed(path))

    def create_reader(self, context: ReaderContext) -> TextLineReader:
        return TextLineReader(self._stream_format.charset)


class FileSourceBuilder:
    """Made by `FileSource.for_record_stream_format`."""

    def __init__(self, stream_format: StreamFormat, *paths: str | os.PathLike[str]) -> None:
        if not isinstance(stream_format, StreamFormat):
            raise TypeError(f"a StreamFormat is needed, such as StreamFormat.text_line_format(), not {stream_format!r}")
        if not paths:
            raise ValueError("FileSource needs at least one path")
        self._stream_format = stream_format
        self._paths = tuple(local_path(p) for p in paths)

    def process_static_file_set(self) -> "FileSourceBuilder":
        """Read what is there when the job starts: the default."""
        return self

    def build(self) -> FileSource:
        return FileSource(self._stream_format, self._paths)
