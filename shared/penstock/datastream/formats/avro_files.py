"""Avro container files: blocks of records, each behind a marker by which a reader finds the next one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from penstock.common.io import InputFormat
from penstock.common.serialization import BulkWriter, BulkWriterFactory
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.bulk_format import BulkFormat
from penstock.datastream.connectors.file_system.file_format import RecordReadError
from penstock.datastream.connectors.file_system.file_source import FileSource
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit, split_file
from penstock.datastream.formats.avro_schema import AvroSchema, GenericRecordAvroTypeInfo, check_schema
from penstock.datastream.formats.extras import fastavro
from penstock.datastream.utils import ResultTypeQueryable

_MARKER = 16  #: bytes
_SCAN = 1024 * 1024


@dataclass(frozen=True, slots=True)
class AvroFormat(BulkFormat):
    """The records of files, as dicts. Fields are resolved by name between a file's own schema and this one."""

    schema: AvroSchema

    def get_produced_type(self) -> TypeInformation:
        return GenericRecordAvroTypeInfo(self.schema)

    def splits(self, path: str, size: int, size_of_split: int | None) -> list[FileSourceSplit]:
        return split_file(path, size, max(size, 1) if size_of_split is None else size_of_split)

    def open(self, split: FileSourceSplit) -> "AvroSplit":
        return AvroSplit(split, self.schema)


class AvroReaders:
    """Beside PyFlink's classes: Avro files in a `FileSource`."""

    @staticmethod
    def for_generic_record(schema: AvroSchema) -> BulkFormat:
        return AvroFormat(check_schema(schema))


class AvroInputFormat(InputFormat, ResultTypeQueryable):
    """The records of one path, for `env.create_input`: as `FileSource` with `AvroReaders` reads them."""

    def __init__(self, path: str, schema: AvroSchema) -> None:
        self._path, self._schema = path, check_schema(schema)

    def get_produced_type(self) -> GenericRecordAvroTypeInfo:
        return GenericRecordAvroTypeInfo(self._schema)

    def source(self) -> FileSource:
        """What reads it."""
        return FileSource.for_bulk_file_format(AvroFormat(self._schema), self._path).build()


class _From:
    """The head of a file, and right behind it what begins at `offset`: as a reader of a whole file takes it."""

    def __init__(self, file: BinaryIO, head: bytes, offset: int) -> None:
        self._file, self._head, self._at = file, head, 0
        self.moved = offset - len(head)
        file.seek(offset)

    def read(self, size: int = -1) -> bytes:
        if self._at < len(self._head) and size > 0:
            part = self._head[self._at : self._at + size]
            self._at += len(part)
            return part if len(part) == size else part + self._file.read(size - len(part))
        return self._file.read(size)

    def tell(self) -> int:
        return self._at if self._at < len(self._head) else self._file.tell() - self.moved


class AvroSplit:
    """Implements `OpenSplit`. A position is the block's place and the records of it that were read."""

    errors = 0

    def __init__(self, split: FileSourceSplit, schema: AvroSchema) -> None:
        self._split = split
        self._file = open(split.path, "rb")  # noqa: SIM115, PTH123
        try:
            head, marker = self._head()
            begin = self._begin(head, marker) if split.offset is None else split.offset
            self._blocks = None
            self._next, self._rows, self._taken = begin, [], 0
            self._offset, self._to_skip = begin, split.skip if split.offset is not None else 0
            if begin < split.end:
                self._source = _From(self._file, head, begin)
                self._blocks = fastavro().block_reader(self._source, schema.parsed)
        except BaseException as e:
            self._file.close()
            if isinstance(e, (ValueError, EOFError, KeyError, LookupError)) and not isinstance(e, RecordReadError):
                raise RecordReadError(f"{split.path} is no Avro file that can be read: {e}") from None
            raise

    _blocks: Any
    _rows: list[Any]

    def _head(self) -> tuple[bytes, bytes]:
        """The file's head, and the marker between its blocks."""
        reader = fastavro().block_reader(self._file)
        length = self._file.tell()
        del reader
        self._file.seek(0)
        head = self._file.read(length)
        return head, head[-_MARKER:]

    def _begin(self, head: bytes, marker: bytes) -> int:
        """Where the first block begins that begins at or after the split's start."""
        if self._split.start <= len(head):
            return len(head)
        at, rest = self._split.start - _MARKER, b""
        self._file.seek(at)
        while block := self._file.read(_SCAN):
            data = rest + block
            found = data.find(marker)
            if found >= 0:
                return at + found + _MARKER
            rest = data[-_MARKER + 1 :]
            at += len(data) - len(rest)
        return self._split.end

    def read(self, count: int) -> list[Any]:
        while self._taken >= len(self._rows):
            if not self._next_block():
                return []
        found = self._rows[self._taken : self._taken + count]
        self._taken += len(found)
        return found

    def _next_block(self) -> bool:
        self._offset, self._rows, self._taken = self._next, [], 0
        if self._blocks is None or self._next >= self._split.end:
            return False
        try:
            block = next(self._blocks, None)
            if block is None:
                self._blocks, self._next = None, self._split.end
                self._offset = self._next
                return False
            self._rows = list(block)
        except Exception as e:
            raise RecordReadError(f"{self._split.path}, block at byte {self._offset}: {type(e).__name__} {e}") from e
        self._next = self._source.moved + block.offset + block.size
        self._taken, self._to_skip = self._to_skip, 0
        return True

    def position(self) -> FileSourceSplit:
        return replace(self._split, offset=self._offset, skip=self._taken + self._to_skip)

    def close(self) -> None:
        self._file.close()


class AvroBulkWriters:
    @staticmethod
    def for_generic_record(schema: AvroSchema) -> BulkWriterFactory:
        """Dicts with the fields of the schema."""
        return AvroWriterFactory(check_schema(schema))


@dataclass(frozen=True, slots=True)
class AvroWriterFactory(BulkWriterFactory):
    schema: AvroSchema

    def create(self, file: BinaryIO, type_info: TypeInformation | None) -> "AvroBulkWriter":
        return AvroBulkWriter(self.schema, file)


class AvroBulkWriter(BulkWriter):
    def __init__(self, schema: AvroSchema, file: BinaryIO) -> None:
        self._schema = schema
        self._writer = fastavro("write").Writer(file, schema.parsed)

    def add(self, values: Sequence[Any]) -> None:
        for value in values:
            try:
                self._writer.write(value)
            except Exception as e:
                raise TypeError(f"{value!r} is no record of the schema {self._schema}: {type(e).__name__} {e}") from e

    def finish(self) -> None:
        self._writer.flush()
