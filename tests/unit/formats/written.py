"""Files of every format with the same records, in small groups, so that there is much to cut and to go on from."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro

from penstock.common import Row
from penstock.common.configuration import Configuration
from penstock.common.serialization import BulkWriterFactory
from penstock.datastream.connectors.file_system import FileFormat, FileSource, StreamFormat
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit
from penstock.datastream.formats.avro import AvroBulkWriters, AvroReaders, AvroSchema
from penstock.datastream.formats.csv import CsvBulkWriters, CsvReaderFormat, CsvSchema
from penstock.datastream.formats.orc import OrcBulkWriters, OrcColumnarRowInputFormat
from penstock.datastream.formats.parquet import AvroParquetReaders, ParquetBulkWriters, ParquetColumnarRowInputFormat
from penstock.datastream.formats.parquet_files import ParquetSettings
from penstock.datastream.formats.parquet_records import AvroParquetWriterFactory
from penstock.operators.specs import ReaderContext
from penstock.table import DataTypes

ROW_TYPE = DataTypes.ROW([DataTypes.FIELD("id", DataTypes.BIGINT()), DataTypes.FIELD("text", DataTypes.STRING())])
CSV = CsvSchema.builder().add_number_column("id").add_string_column("text").build()
CSV_LINES = CsvSchema.builder().add_number_column("id").add_string_column("text").disable_quote_char().build()
AVRO = AvroSchema.parse_string(
    '{"type":"record","name":"R","fields":[{"name":"id","type":"long"},{"name":"text","type":"string"}]}'
)


def row(number: int, text: str) -> Any:
    result = Row(number, text)
    result.set_field_names(["id", "text"])
    return result


def record(number: int, text: str) -> Any:
    return {"id": number, "text": text}


@dataclass(frozen=True)
class Kind:
    """`plain`: texts have no ends of lines and no separators."""

    name: str
    reader: FileFormat
    factory: BulkWriterFactory | None
    make: Callable[[int, str], Any]
    plain: bool = False


KINDS = [
    Kind("text", StreamFormat.text_line_format(), None, lambda n, text: f"{n} {text}", plain=True),
    Kind("csv", CsvReaderFormat.for_schema(CSV), CsvBulkWriters.for_schema(CSV), row),
    Kind("csv lines", CsvReaderFormat.for_schema(CSV_LINES), CsvBulkWriters.for_schema(CSV_LINES), row, plain=True),
    Kind("avro", AvroReaders.for_generic_record(AVRO), AvroBulkWriters.for_generic_record(AVRO), record),
    Kind(
        "parquet",
        ParquetColumnarRowInputFormat(ROW_TYPE, batch_size=3),
        ParquetBulkWriters.for_row_type(ROW_TYPE, Configuration().set_integer("parquet.block.size", 1)),
        row,
    ),
    Kind(
        "parquet of avro",
        AvroParquetReaders.for_generic_record(AVRO),
        AvroParquetWriterFactory(AVRO, ParquetSettings(group_size=1)),
        record,
    ),
    Kind("orc", OrcColumnarRowInputFormat(ROW_TYPE, batch_size=3), OrcBulkWriters.for_row_type(ROW_TYPE), row),
]


def write_file(kind: Kind, path: Path, records: list[Any]) -> None:
    """In groups of a few records where the format has such."""
    if kind.factory is None:
        path.write_text("".join(f"{r}\n" for r in records), newline="")
        return
    out = io.BytesIO()
    if kind.name == "avro":
        fastavro.writer(out, AVRO.parsed, records, sync_interval=40)
    else:
        writer = kind.factory.create(out, None)
        for value in records:
            writer.add([value])
        writer.finish()
    path.write_bytes(out.getvalue())


def cut(file_format: FileFormat, path: Path, size: int) -> list[FileSourceSplit]:
    """Splits of that size (bytes), where the format can be cut."""
    return file_format.splits(str(path), path.stat().st_size, size)


def read_all(file_format: FileFormat, splits: list[FileSourceSplit], count: int = 100) -> list[Any]:
    source = FileSource(file_format, ())
    reader = source.create_reader(ReaderContext(0, 1))
    try:
        reader.add_splits(splits)
        return [r for batch in iter(lambda: reader.poll(count), None) for r in batch]
    finally:
        reader.close()
