"""Avro: schemas, generic records as dicts, rows in messages, Parquet files of records."""

import io
import pickle
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest

from penstock.common import Row, Types
from penstock.common.jvm import JvmNotAvailableError
from penstock.common.serialization import BulkWriterFactory
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import FileFormat, RecordReadError
from penstock.datastream.formats.avro import (
    AvroBulkWriters,
    AvroInputFormat,
    AvroReaders,
    AvroRowDeserializationSchema,
    AvroRowSerializationSchema,
    AvroSchema,
    GenericRecordAvroTypeInfo,
)
from penstock.datastream.formats.extras import MissingLibraryError
from penstock.datastream.formats.parquet import AvroParquetReaders, AvroParquetWriters
from tests.unit.formats.written import cut, read_all

TEXT = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
  {"name": "id", "type": "long"},
  {"name": "note", "type": ["null", "string"], "default": null},
  {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2}},
  {"name": "day", "type": {"type": "int", "logicalType": "date"}},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "items", "type": {"type": "array", "items":
    {"type": "record", "name": "Item", "fields": [{"name": "sku", "type": "string"}]}}},
  {"name": "tags", "type": {"type": "map", "values": "int"}},
  {"name": "first", "type": ["null", "Item"], "default": null}
]}"""
SCHEMA = AvroSchema.parse_string(TEXT)
AT = datetime(2020, 1, 2, 3, 4, 5, 6000, tzinfo=UTC)
ORDER: dict[str, Any] = {"id": 1, "note": None, "amount": Decimal("1.50"), "day": date(2020, 1, 2), "at": AT}
ORDER |= {"items": [{"sku": "a"}], "tags": {"x": 1}, "first": {"sku": "b"}}


def write(path: Path, factory: BulkWriterFactory, records: list[Any]) -> Path:
    with path.open("wb") as file:
        writer = factory.create(file, None)
        try:
            writer.add(records)
            writer.finish()
        except TypeError:
            writer.abandon()
            raise
    return path


def read(file_format: FileFormat, path: Path) -> list[Any]:
    return read_all(file_format, cut(file_format, path, 10**6))


def test_schemas(tmp_path: Path) -> None:
    path = tmp_path / "order.avsc"
    path.write_text(TEXT)
    assert AvroSchema.parse_file(path) == SCHEMA == pickle.loads(pickle.dumps(SCHEMA))
    assert AvroSchema.parse_string(str(SCHEMA)) == SCHEMA
    assert GenericRecordAvroTypeInfo(SCHEMA) == GenericRecordAvroTypeInfo(AvroSchema.parse_file(path))
    path.write_text('{"type": "record"}')
    with pytest.raises(ValueError, match=r"order\.avsc: no Avro schema"):
        AvroSchema.parse_file(path)
    with pytest.raises(ValueError, match="is no JSON"):
        AvroSchema.parse_string("{")
    with pytest.raises(ValueError, match="no Avro schema: UnknownType"):
        AvroSchema.parse_string('"wide"')
    with pytest.raises(TypeError, match="an AvroSchema is needed"):
        AvroBulkWriters.for_generic_record(TEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["avro", "parquet"])
def test_records_come_back(tmp_path: Path, kind: str) -> None:
    writers = AvroBulkWriters if kind == "avro" else AvroParquetWriters
    reader: FileFormat = (AvroReaders if kind == "avro" else AvroParquetReaders).for_generic_record(SCHEMA)
    path = write(tmp_path / "file", writers.for_generic_record(SCHEMA), [ORDER])
    (found,) = read(reader, path)
    if kind == "parquet":
        found["at"] = datetime.fromtimestamp(found["at"].to_epoch_milli() / 1000, UTC)
    assert found == ORDER
    assert reader.get_produced_type() == GenericRecordAvroTypeInfo(SCHEMA)


def test_fields_are_resolved_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "file", AvroBulkWriters.for_generic_record(SCHEMA), [ORDER])
    newer = AvroSchema.parse_string(
        '{"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "id", "type": "double"}, '
        '{"name": "added", "type": "string", "default": "none"}]}'
    )
    assert read(AvroReaders.for_generic_record(newer), path) == [{"id": 1.0, "added": "none"}]


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"no such thing")
    with pytest.raises(RecordReadError, match="file is no Avro file"):
        read(AvroReaders.for_generic_record(SCHEMA), path)
    write(path, AvroBulkWriters.for_generic_record(SCHEMA), [ORDER] * 10)
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(RecordReadError, match=r"file, block at byte \d+"):
        read(AvroReaders.for_generic_record(SCHEMA), path)
    other = AvroSchema.parse_string('{"type": "record", "name": "X", "fields": [{"name": "id", "type": "int"}]}')
    path.write_bytes(whole)
    with pytest.raises(RecordReadError, match="file"):
        read(AvroReaders.for_generic_record(other), path)


def test_records_that_do_not_fit_are_named(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="is no record of the schema"):
        write(tmp_path / "a", AvroBulkWriters.for_generic_record(SCHEMA), [{"id": "x"}])
    with pytest.raises(TypeError, match="expected a dict"):
        write(tmp_path / "b", AvroParquetWriters.for_generic_record(SCHEMA), [5])


def test_an_input_format_is_a_source(tmp_path: Path) -> None:
    path = write(tmp_path / "file", AvroBulkWriters.for_generic_record(SCHEMA), [ORDER, ORDER])
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.create_input(AvroInputFormat(str(path), SCHEMA)).map(lambda order: order["id"], Types.LONG())
    assert list(stream.execute_and_collect()) == [1, 1]


def test_rows_in_messages() -> None:
    writer, reader = AvroRowSerializationSchema(None, TEXT), AvroRowDeserializationSchema(avro_schema_string=TEXT)
    naive = AT.replace(tzinfo=None)
    row = Row(1, None, Decimal("1.50"), date(2020, 1, 2), naive, [Row("a")], {"x": 1}, Row("b"))
    message = pickle.loads(pickle.dumps(writer)).serialize(row)
    found = pickle.loads(pickle.dumps(reader)).deserialize(message)
    assert list(found)[:5] == list(row)[:5]
    assert ([item.sku for item in found.items], found.tags, found.first.sku) == (["a"], {"x": 1}, "b")
    types = reader.get_produced_type()
    assert types.get_field_names() == list(ORDER)
    assert types.get_field_types()[5] == Types.OBJECT_ARRAY(Types.ROW([Types.STRING()]))
    assert fastavro.schemaless_reader(io.BytesIO(message), SCHEMA.parsed, None) == ORDER


def test_messages_that_cannot_be_read() -> None:
    reader = AvroRowDeserializationSchema(avro_schema_string=TEXT)
    with pytest.raises(ValueError, match="Failed to deserialize Avro record"):
        reader.deserialize(b"\x02\x00")
    with pytest.raises(TypeError, match="is no record of the schema"):
        AvroRowSerializationSchema(avro_schema_string=TEXT).serialize(Row(1))
    with pytest.raises(TypeError, match="should be specified"):
        AvroRowDeserializationSchema()
    with pytest.raises(JvmNotAvailableError, match="record_class"):
        AvroRowDeserializationSchema("org.Order")
    with pytest.raises(ValueError, match="union of null and one type"):
        AvroRowDeserializationSchema(
            avro_schema_string=TEXT.replace('["null", "string"], "default": null', '["int", "string"]')
        )
    with pytest.raises(ValueError, match="schema of a record is needed"):
        AvroRowDeserializationSchema(avro_schema_string='"int"')


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'penstock\[avro\]'"):
        AvroSchema.parse_string(TEXT)
