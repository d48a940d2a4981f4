"""CsvReaderFormat: the rows of CSV files."""

import itertools
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from penstock.common.typeinfo import TypeInformation
from penstock.common.types import Row
from penstock.datastream.connectors.file_system.compression import CompressedFileError, is_compressed, open_file
from penstock.datastream.connectors.file_system.file_format import RecordReadError
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit, split_file
from penstock.datastream.connectors.file_system.stream_format import StreamFormat
from penstock.datastream.connectors.file_system.text_lines import line_start
from penstock.datastream.formats.csv_schema import CsvSchema
from penstock.datastream.formats.csv_values import column_parser
from penstock.datastream.formats.record_place import place
from penstock.table.conversion import row_type_info

_BLOCK = 128 * 1024  #: bytes


@dataclass(frozen=True, slots=True)
class CsvReaderFormat(StreamFormat):
    """A record a row, with the names of the schema. UTF-8.

    A file is read by one subtask: a quoted field may contain ends of lines. Without a quote and an escape character, or
    with `with_records_on_lines`, large files are read in several splits.
    """

    schema: CsvSchema
    ignores_errors: bool = False
    is_line_based: bool = False

    @staticmethod
    def for_schema(schema: CsvSchema) -> "CsvReaderFormat":
        if not isinstance(schema, CsvSchema):
            raise TypeError(f"a CsvSchema is needed, such as CsvSchema.builder()…build(), not {schema!r}")
        return CsvReaderFormat(schema)

    def with_ignore_parse_errors(self) -> "CsvReaderFormat":
        """Records that cannot be read are passed over and counted. Flink: `withIgnoreParseErrors`."""
        return replace(self, ignores_errors=True)

    def with_records_on_lines(self) -> "CsvReaderFormat":
        """No field contains the end of a line: files can be read in several splits."""
        return replace(self, is_line_based=True)

    def get_produced_type(self) -> TypeInformation:
        return row_type_info(self.schema.row_type)

    @property
    def _can_be_cut(self) -> bool:
        dialect = self.schema.dialect
        return self.is_line_based or (dialect.quote is None and dialect.escape is None)

    def splits(self, path: str, size: int, size_of_split: int | None) -> list[FileSourceSplit]:
        if size_of_split is None or not self._can_be_cut or is_compressed(path):
            return split_file(path, size, max(size, 1))
        return split_file(path, size, size_of_split)

    def open(self, split: FileSourceSplit) -> "CsvSplit":
        return CsvSplit(self, split)


class _Lines:
    """Lines with their ends, and where they begin in the (decompressed) bytes."""

    def __init__(self, file: BinaryIO, path: str, begin: int, end: int | None) -> None:
        self._file, self._path = file, path
        self.taken = begin  #: where the next line begins
        self._read_to, self._end = begin, end
        self._lines: deque[bytes] = deque()
        self._rest = b""
        if begin:
            file.seek(begin)

    def next(self) -> str | None:
        """None at the end."""
        if not self._lines and not self._fill():
            return None
        line = self._lines.popleft()
        self.taken += len(line)
        return line.decode("utf-8", "replace")

    def _fill(self) -> bool:
        while True:
            wanted = _BLOCK if self._end is None else min(_BLOCK, self._end - self._read_to)
            try:
                block = self._file.read(wanted) if wanted > 0 else b""
            except (EOFError, zlib.error, OSError) as e:
                raise CompressedFileError(f"{self._path} cannot be read: {e}") from e
            self._read_to += len(block)
            data = self._rest + block
            if not block:
                self._rest = b""
                self._lines.extend(data.splitlines(keepends=True))
                return bool(data)
            # a line may go on in the next block, and so may its end: \r and \n
            cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
            self._rest = data[cut:]
            if cut:
                self._lines.extend(data[:cut].splitlines(keepends=True))
                return True


class CsvSplit:
    """Implements `OpenSplit`."""

    def __init__(self, csv_format: CsvReaderFormat, split: FileSourceSplit) -> None:
        schema = csv_format.schema
        self._schema, self._split, self._ignores_errors = schema, split, csv_format.ignores_errors
        self.errors = 0
        self._names = schema.row_type.names
        self._columns = [(c.name, column_parser(c, schema.null_value)) for c in schema.columns]
        self._splitter = schema.dialect.splitter()
        self._file = cast(BinaryIO, open_file(split.path))
        try:
            self._lines = self._open_lines(is_compressed(split.path))
            if split.offset is None and split.start == 0:
                self._pass_over_head()
        except BaseException:
            self._file.close()
            raise
        self._rows = self._read_rows()

    def _open_lines(self, compressed: bool) -> _Lines:
        split = self._split
        if compressed:
            return _Lines(self._file, split.path, split.offset or 0, None)
        # not `split.end`: a record that begins before it may end behind it
        size = self._file.seek(0, 2)
        begin = line_start(self._file, split.start, size) if split.offset is None else split.offset
        end = line_start(self._file, split.end, size) if split.end < size else split.end
        self._file.seek(begin)
        return _Lines(self._file, split.path, begin, max(begin, end))

    def _pass_over_head(self) -> None:
        if self._schema.use_header:
            names = self._fields()
            if self._schema.strict_headers and names is not None:
                self._check_header(names)
        if self._schema.skip_first_data_row:
            self._fields()

    def _check_header(self, names: list[str]) -> None:
        for number, (expected, actual) in enumerate(zip(self._names, names, strict=False), 1):
            if expected != actual.strip():
                raise RecordReadError(
                    f"{self._split.path}: column {number} of the header is {actual!r}, not {expected!r}"
                )
        if len(names) != len(self._names):
            raise RecordReadError(f"{self._split.path}: the header has {len(names)} columns, not {len(self._names)}")

    def _fields(self) -> list[str] | None:
        """Of the next record; None at the end. ValueError."""
        dialect = self._schema.dialect
        while True:
            at_start = self._lines.taken == 0
            line = self._lines.next()
            if line is None:
                return None
            if at_start:
                line = line.removeprefix("\ufeff")
            if not dialect.is_comment(line):
                return self._splitter.split(line, self._lines.next)

    def _read_rows(self) -> Iterator[Row]:
        while True:
            begin = self._lines.taken
            try:
                fields = self._fields()
                if fields is None:
                    return
                row = self._row(fields)
            except ValueError as e:
                if not self._ignores_errors:
                    where = place(self._split.path, begin)
                    raise RecordReadError(f"{where}: {e}") from None
                self.errors += 1
                continue
            yield row

    def _row(self, fields: list[str]) -> Row:
        columns = self._columns
        if len(fields) != len(columns):
            if len(fields) < len(columns):
                raise ValueError(f"Row length mismatch. {len(columns)} fields expected but was {len(fields)}.")
            if self._schema.any_property_name is None:
                raise ValueError(f"Too many entries: expected at most {len(columns)}, was {len(fields)}")
        values = []
        for (name, parse), text in zip(columns, fields, strict=False):
            try:
                values.append(parse(text))
            except ValueError as e:
                raise ValueError(f"field {name!r}: {e}") from None
        row = Row(*values)
        row.set_field_names(self._names)
        return row

    def read(self, count: int) -> list[Row]:
        return list(itertools.islice(self._rows, count))

    def position(self) -> FileSourceSplit:
        return replace(self._split, offset=self._lines.taken)

    def close(self) -> None:
        self._file.close()
