"""CsvBulkWriters: rows as CSV files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from penstock.common.serialization import BulkWriter, BulkWriterFactory, RowDataBulkWriterFactory
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.formats.csv_schema import CsvSchema
from penstock.datastream.formats.csv_values import column_writer, quoting
from penstock.datastream.formats.row_fields import fields_of
from penstock.table.types import RowType


class CsvBulkWriters:
    @staticmethod
    def for_schema(schema: CsvSchema) -> BulkWriterFactory:
        """Rows (or tuples) with the fields of the schema, in its order."""
        if not isinstance(schema, CsvSchema):
            raise TypeError(f"a CsvSchema is needed, such as CsvSchema.builder()…build(), not {schema!r}")
        return CsvBulkWriterFactory(schema)


@dataclass(frozen=True, slots=True)
class CsvBulkWriterFactory(RowDataBulkWriterFactory):
    schema: CsvSchema

    def get_row_type(self) -> RowType:
        return self.schema.row_type

    def create(self, file: BinaryIO, type_info: TypeInformation | None) -> "CsvBulkWriter":
        return CsvBulkWriter(self.schema, file)


class CsvBulkWriter(BulkWriter):
    def __init__(self, schema: CsvSchema, file: BinaryIO) -> None:
        self._file = file
        self._names = schema.row_type.names
        self._columns = [column_writer(c, schema) for c in schema.columns]
        self._separator, self._end = schema.dialect.separator, schema.line_separator
        if schema.use_header:
            quoted = quoting(schema.dialect)
            self._file.write((self._separator.join(map(quoted, self._names)) + self._end).encode())

    def add(self, values: Sequence[Any]) -> None:
        self._file.write("".join([self._line(v) for v in values]).encode())

    def _line(self, row: Any) -> str:
        fields = fields_of(row, self._names)
        try:
            texts = [write(value) for write, value in zip(self._columns, fields, strict=True)]
        except (TypeError, ValueError, ArithmeticError) as e:
            raise TypeError(f"{row!r} does not fit the CSV columns {', '.join(self._names)}: {e}") from None
        return self._separator.join(texts) + self._end

    def finish(self) -> None:
        """There is nothing at the end of a CSV file."""
