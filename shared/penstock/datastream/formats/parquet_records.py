"""Parquet files of Avro records, which are dicts: AvroParquetReaders and AvroParquetWriters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from penstock.common.serialization import BulkWriter, BulkWriterFactory
from penstock.common.typeinfo import TypeInformation
from penstock.common.types import Row
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit, split_file
from penstock.datastream.connectors.file_system.stream_format import StreamFormat
from penstock.datastream.formats.arrow_reading import ArrowSplit, Group, columns_in_file, rows_of
from penstock.datastream.formats.arrow_types import arrow_schema
from penstock.datastream.formats.arrow_writing import ArrowBulkWriter, OpenFile
from penstock.datastream.formats.avro_schema import AvroSchema, GenericRecordAvroTypeInfo, check_schema
from penstock.datastream.formats.avro_types import data_type_of
from penstock.datastream.formats.parquet_files import ParquetSettings, open_parquet, parquet_groups
from penstock.table.types import ArrayType, DataType, MapType, RowType

_BATCH = 2048  #: rows


class AvroParquetReaders:
    @staticmethod
    def for_generic_record(schema: AvroSchema) -> StreamFormat:
        """Dicts with the fields of the schema, read by row groups. Fields that a file lacks are None."""
        return AvroParquetFormat(check_schema(schema))


@dataclass(frozen=True, slots=True)
class AvroParquetFormat(StreamFormat):
    schema: AvroSchema

    def get_produced_type(self) -> TypeInformation:
        return GenericRecordAvroTypeInfo(self.schema)

    def splits(self, path: str, size: int, size_of_split: int | None) -> list[FileSourceSplit]:
        return split_file(path, size, max(size, 1) if size_of_split is None else size_of_split)

    def open(self, split: FileSourceSplit) -> ArrowSplit:
        row_type = data_type_of(self.schema)
        file = open_parquet(split.path)
        try:
            columns = columns_in_file(row_type, file.schema_arrow.names, True)
            groups: list[Group] = [
                (begin, partial(file.iter_batches, batch_size=_BATCH, row_groups=[n], columns=columns))
                for n, begin in parquet_groups(file, split)
            ]
            rows, record = rows_of(row_type, True, True, split.path), _record(row_type)
            return ArrowSplit(split, groups, lambda batch: [record(row) for row in rows(batch)], file.close)
        except BaseException:
            file.close()
            raise


def _record(data_type: DataType) -> Callable[[Any], Any]:
    """Rows inside of a value as dicts."""
    match data_type:
        case RowType():
            fields = [(f.name, _or_none(_record(f.data_type))) for f in data_type.fields]
            return lambda row: {name: convert(v) for (name, convert), v in zip(fields, row, strict=True)}
        case ArrayType():
            element = _or_none(_record(data_type.element_type))
            return lambda values: [element(v) for v in values]
        case MapType():
            item = _or_none(_record(data_type.value_type))
            return lambda values: {k: item(v) for k, v in values.items()}
    return lambda value: value


def _row(data_type: DataType) -> Callable[[Any], Any]:
    """The way back: TypeError for what is no dict."""
    match data_type:
        case RowType():
            fields = [(f.name, _or_none(_row(f.data_type))) for f in data_type.fields]
            return lambda record: Row(*[convert(_field_of(record, name)) for name, convert in fields])
        case ArrayType():
            element = _or_none(_row(data_type.element_type))
            return lambda values: [element(v) for v in values]
        case MapType():
            item = _or_none(_row(data_type.value_type))
            return lambda values: {k: item(v) for k, v in values.items()}
    return lambda value: value


def _field_of(record: Any, name: str) -> Any:
    if not isinstance(record, dict):
        raise TypeError(f"expected a dict for a record of Avro, got {type(record).__name__} {record!r}")
    return record.get(name)


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


class AvroParquetWriters:
    @staticmethod
    def for_generic_record(schema: AvroSchema) -> BulkWriterFactory:
        """Dicts with the fields of the schema."""
        data_type_of(check_schema(schema))
        return AvroParquetWriterFactory(schema)


@dataclass(frozen=True, slots=True)
class AvroParquetWriterFactory(BulkWriterFactory):
    schema: AvroSchema
    settings: ParquetSettings = field(default_factory=ParquetSettings)

    def create(self, file: BinaryIO, type_info: TypeInformation | None) -> "_RecordWriter":
        row_type = data_type_of(self.schema)
        out = OpenFile(file)
        writer = self.settings.writer(out, arrow_schema(row_type))
        rows = ArrowBulkWriter(row_type, True, self.settings.group_size, out, writer.write_table, writer.close)
        return _RecordWriter(rows, _row(row_type))


class _RecordWriter(BulkWriter):
    def __init__(self, rows: ArrowBulkWriter, row: Callable[[Any], Any]) -> None:
        self._rows, self._row = rows, row

    def add(self, values: Sequence[Any]) -> None:
        self._rows.add([self._row(v) for v in values])

    def finish(self) -> None:
        self._rows.finish()

    def abandon(self) -> None:
        self._rows.abandon()
