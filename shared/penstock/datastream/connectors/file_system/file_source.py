"""FileSource."""

import os
from dataclasses import dataclass, field
from typing import NoReturn

from penstock.common.jvm import no_jvm
from penstock.common.time import Duration
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.bulk_format import BulkFormat
from penstock.datastream.connectors.file_system.file_format import FileFormat
from penstock.datastream.connectors.file_system.file_reader import FileReader
from penstock.datastream.connectors.file_system.file_splits import (
    FileSourceSplit,
    by_age,
    find_files,
    size_of_splits,
)
from penstock.datastream.connectors.file_system.local_path import local_path
from penstock.datastream.connectors.file_system.providers import FileEnumeratorProvider, FileSplitAssignerProvider
from penstock.datastream.connectors.file_system.stream_format import StreamFormat
from penstock.operators.specs import ReaderContext


@dataclass(slots=True)
class FileSource:
    """The files at some paths, folders recursively: as they are when the job starts, or those to come as well.

    Monitoring, it is a `DiscoveringSource`: each file is read once, by the subtask its path falls on, as it is when it
    is found; what is appended to it later is not seen, as in Flink.
    """

    _format: FileFormat
    _paths: tuple[str, ...]
    discovery_interval: float | None = None  #: seconds
    _splits_files: bool = True
    bounded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.bounded = self.discovery_interval is None

    @staticmethod
    def for_record_stream_format(stream_format: StreamFormat, *paths: str | os.PathLike[str]) -> "FileSourceBuilder":
        """Paths are seen from the program's working directory, and must be there for every slot.

        A path given twice is read twice. ValueError without any.
        """
        if not isinstance(stream_format, StreamFormat):
            raise TypeError(f"a StreamFormat is needed, such as StreamFormat.text_line_format(), not {stream_format!r}")
        return FileSourceBuilder(stream_format, *paths)

    @staticmethod
    def for_bulk_file_format(bulk_format: BulkFormat, *paths: str | os.PathLike[str]) -> "FileSourceBuilder":
        """As `for_record_stream_format`."""
        if not isinstance(bulk_format, BulkFormat):
            raise TypeError(f"a BulkFormat is needed, such as ParquetColumnarRowInputFormat, not {bulk_format!r}")
        return FileSourceBuilder(bulk_format, *paths)

    def get_produced_type(self) -> TypeInformation:
        return self._format.get_produced_type()

    def get_java_function(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_function()")

    def why_not_deterministic(self) -> str:
        return "" if self.bounded else "when it finds new files is no part of a replay (monitor_continuously)"

    def enumerate_splits(self, parallelism: int) -> list[FileSourceSplit]:
        """FileNotFoundError names a path that is not there."""
        if not self.bounded:
            return self.discover()
        files = list(find_files(self._paths))
        size = size_of_splits(files, parallelism) if self._splits_files else None
        return [split for file in files for split in self._format.splits(file.path, file.size, size)]

    def discover(self) -> list[FileSourceSplit]:
        """A split for each file there is now, the oldest first. Not in ranges: these would depend on when it was seen.

        An empty file has none yet: it counts as found once there is something in it.
        """
        files = by_age({file.path: file for file in find_files(self._paths)}.values())
        return [split for file in files for split in self._format.splits(file.path, file.size, None)]

    def split_id(self, split: FileSourceSplit) -> str:
        return split.path

    def create_reader(self, context: ReaderContext) -> FileReader:
        return FileReader(self._format)


class FileSourceBuilder:
    """Made by `FileSource.for_record_stream_format` and `FileSource.for_bulk_file_format`."""

    def __init__(self, file_format: FileFormat, *paths: str | os.PathLike[str]) -> None:
        if not paths:
            raise ValueError("FileSource needs at least one path")
        self._format = file_format
        self._paths = tuple(local_path(p) for p in paths)
        self._interval: float | None = None
        self._splits_files = True

    def monitor_continuously(self, discovery_interval: Duration) -> "FileSourceBuilder":
        """Look for new files in that interval; the job then never ends. ValueError where it is not positive."""
        if not isinstance(discovery_interval, Duration):
            raise TypeError(f"a Duration is needed, such as Duration.of_seconds(10), not {discovery_interval!r}")
        interval_ms = discovery_interval.to_millis()
        if interval_ms < 1:
            raise ValueError(f"the discovery interval must be positive: {interval_ms} ms")
        self._interval = interval_ms / 1000
        return self

    def process_static_file_set(self) -> "FileSourceBuilder":
        """Read what is there when the job starts: the default."""
        self._interval = None
        return self

    def set_file_enumerator(self, file_enumerator: FileEnumeratorProvider) -> "FileSourceBuilder":
        """Whether large files are read in several splits."""
        if not isinstance(file_enumerator, FileEnumeratorProvider):
            raise TypeError(f"a FileEnumeratorProvider is needed, not {file_enumerator!r}")
        self._splits_files = file_enumerator.splits_files
        return self

    def set_split_assigner(self, split_assigner: FileSplitAssignerProvider) -> "FileSourceBuilder":
        """Accepted; local files have no hosts that would be nearer."""
        if not isinstance(split_assigner, FileSplitAssignerProvider):
            raise TypeError(f"a FileSplitAssignerProvider is needed, not {split_assigner!r}")
        return self

    def build(self) -> FileSource:
        return FileSource(self._format, self._paths, self._interval, self._splits_files)
