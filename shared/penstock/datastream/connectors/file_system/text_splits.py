"""Lines of text out of a split, a chunk of whole lines at a time."""

import io
import itertools
import zlib
from dataclasses import replace

from penstock.datastream.connectors.file_system.compression import CompressedFileError, open_file
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit
from penstock.datastream.connectors.file_system.text_lines import length_of_lines, line_start, split_lines

_CHUNK = 128 * 1024  #: bytes


class ByteRange:
    """Lines straight from a range of the file. Between two chunks it is known where the next line begins."""

    errors = 0

    def __init__(self, split: FileSourceSplit, charset: str) -> None:
        self._split, self._charset = split, charset
        self._file = open(split.path, "rb", buffering=0)  # noqa: SIM115, PTH123
        self._size = self._file.seek(0, io.SEEK_END)
        self._next = line_start(self._file, split.start, self._size) if split.offset is None else split.offset
        self._end = line_start(self._file, split.end, self._size)
        self._begin, self._data = self._next, b""
        self._lines: list[str] = []
        self._taken = 0

    def read(self, count: int) -> list[str]:
        if self._taken == len(self._lines):
            self._read_chunk()
        batch = self._lines[self._taken : self._taken + count]
        self._taken += len(batch)
        return batch

    def _read_chunk(self) -> None:
        begin = self._next
        end = min(line_start(self._file, begin + _CHUNK, self._size), self._end)
        self._file.seek(begin)
        self._begin, self._data, self._taken = begin, self._file.read(max(0, end - begin)), 0
        self._next = end
        self._lines = split_lines(self._data, self._charset)

    def position(self) -> FileSourceSplit:
        return replace(self._split, offset=self._begin + length_of_lines(self._data, self._taken))

    def close(self) -> None:
        self._file.close()


class WholeFile:
    """A file that can only be read from its beginning: compressed, or in a charset without line ends in its bytes."""

    errors = 0

    def __init__(self, split: FileSourceSplit, charset: str) -> None:
        self._split = split
        self._text = io.TextIOWrapper(open_file(split.path), encoding=charset, errors="replace", newline=None)
        self._taken = 0
        while self._taken < split.skip and self.read(split.skip - self._taken):
            pass

    def read(self, count: int) -> list[str]:
        try:
            batch = [line.removesuffix("\n") for line in itertools.islice(self._text, count)]
        except (EOFError, zlib.error, OSError) as e:
            raise CompressedFileError(f"{self._split.path} cannot be decompressed: {e}") from e
        self._taken += len(batch)
        return batch

    def position(self) -> FileSourceSplit:
        return replace(self._split, skip=self._taken)

    def close(self) -> None:
        self._text.close()
