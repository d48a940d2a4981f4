"""StreamFormat: how a file's content becomes records."""

from dataclasses import dataclass

from penstock.common.serialization import check_charset
from penstock.common.typeinfo import TypeInformation, Types
from penstock.datastream.connectors.file_system.compression import is_compressed
from penstock.datastream.connectors.file_system.file_format import FileFormat, OpenSplit
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit, split_file
from penstock.datastream.connectors.file_system.text_lines import is_line_based
from penstock.datastream.connectors.file_system.text_splits import ByteRange, WholeFile


class StreamFormat(FileFormat):
    """Read from a stream of bytes, through a decompressor where the file's name says so."""

    @staticmethod
    def text_line_format(charset_name: str = "UTF-8") -> "StreamFormat":
        """A record a line, without its end (\\n, \\r\\n or \\r). ValueError for an unknown charset."""
        return TextLineFormat(check_charset(charset_name))


@dataclass(frozen=True, slots=True)
class TextLineFormat(StreamFormat):
    """Lines of text in a charset (Python's name of it)."""

    charset: str

    def get_produced_type(self) -> TypeInformation:
        return Types.STRING()

    def _is_splittable(self, path: str) -> bool:
        return is_line_based(self.charset) and not is_compressed(path)

    def splits(self, path: str, size: int, size_of_split: int | None) -> list[FileSourceSplit]:
        """Compressed files, and those without line ends in their bytes, are not cut."""
        is_whole = size_of_split is None or not self._is_splittable(path)
        return split_file(path, size, max(size, 1) if is_whole or size_of_split is None else size_of_split)

    def open(self, split: FileSourceSplit) -> OpenSplit:
        return (ByteRange if self._is_splittable(split.path) else WholeFile)(split, self.charset)
