"""CSV: what cannot be read, and where it is; what a schema may say. Values are compared with PyFlink elsewhere."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.common import Row, Types
from penstock.common.serialization import BulkWriterFactory
from penstock.datastream.connectors.file_system import RecordReadError
from penstock.datastream.connectors.file_system.file_reader import FileReader
from penstock.datastream.formats.csv import (
    CsvBulkWriters,
    CsvReaderFormat,
    CsvRowDeserializationSchema,
    CsvRowSerializationSchema,
    CsvSchema,
    CsvSchemaBuilder,
)
from penstock.table import DataTypes
from tests.unit.formats.written import cut, read_all


def columns() -> CsvSchemaBuilder:
    return CsvSchema.builder().add_number_column("id").add_string_column("s").add_boolean_column("b")


def read(path: Path, schema: CsvSchema, text: str) -> list[Any]:
    path.write_text(text, newline="")
    csv_format = CsvReaderFormat.for_schema(schema)
    return [list(row) for row in read_all(csv_format, cut(csv_format, path, 10**6))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,a,true\nx,b,true\n", r"line 2 \(byte 9\): field 'id': 'x' is no whole number"),
        ('1,"a\nb",true\n2,c\n', r"line 3 \(byte 13\): Row length mismatch. 3 fields expected but was 2."),
        ("1,a,true,more\n", r"line 1 \(byte 0\): Too many entries"),
        ('1,a,true\r\n2,"a,true\n', r"line 2 \(byte 10\): a quotation is not closed"),
        ('1,"a"x,true\n', r"line 1 \(byte 0\): unexpected character 'x' behind a quoted field"),
        ("99999999999999999999,a,true\n", r"line 1 .*does not fit into 64 bits"),
    ],
)
def test_an_unreadable_record_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RecordReadError, match=r"file\.csv, " + message):
        read(tmp_path / "file.csv", columns().build(), text)


def test_in_a_compressed_file_the_place_is_that_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(b"1,a,true\n2,b,true\nx,c,true\n"))
    csv_format = CsvReaderFormat.for_schema(columns().build())
    with pytest.raises(RecordReadError, match=r"file\.csv\.gz, line 3 \(byte 18\)"):
        read_all(csv_format, cut(csv_format, path, 10**6))


def test_ignored_records_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("1,a,true\nx,b,true\n2\n3,c,true\n\n")
    csv_format = CsvReaderFormat.for_schema(columns().build()).with_ignore_parse_errors()
    reader = FileReader(csv_format)
    reader.add_splits(cut(csv_format, path, 10**6))
    assert [row.id for row in reader.poll(10) or []] == [1, 3]
    assert reader.poll(10) is None
    assert reader.records_in_errors == 3
    reader.close()


def test_the_header_has_to_fit_where_it_is_strict(tmp_path: Path) -> None:
    schema = columns().set_use_header().set_strict_headers().build()
    assert read(tmp_path / "a", schema, "id,s,b\n1,a,true\n") == [[1, "a", True]]
    with pytest.raises(RecordReadError, match="column 2 of the header is 't', not 's'"):
        read(tmp_path / "b", schema, "id,t,b\n1,a,true\n")
    with pytest.raises(RecordReadError, match="the header has 2 columns, not 3"):
        read(tmp_path / "c", schema, "id,s\n1,a,true\n")


@pytest.mark.parametrize("can_be_cut", [False, True])
def test_a_header_is_passed_over_once(tmp_path: Path, can_be_cut: bool) -> None:
    csv_format = CsvReaderFormat.for_schema(columns().set_use_header().build())
    csv_format = csv_format.with_records_on_lines() if can_be_cut else csv_format
    path = tmp_path / "file.csv"
    path.write_text("id,s,b\n" + "".join(f"{n},x,true\n" for n in range(100)))
    splits = cut(csv_format, path, 50)
    assert (len(splits) > 1) == can_be_cut
    assert [row.id for row in read_all(csv_format, splits)] == list(range(100))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_files_without_records(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"empty{suffix}"
    path.write_bytes(gzip.compress(b"") if suffix else b"")
    csv_format = CsvReaderFormat.for_schema(columns().set_use_header().build())
    assert read_all(csv_format, cut(csv_format, path, 100)) == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: columns().add_string_column("s"), "there is a column 's' already"),
        (lambda: columns().set_column_separator("::"), "column separator must be one character, not '::'"),
        (lambda: columns().set_quote_char(""), "quote character must be one character"),
        (lambda: columns().add_number_column("n", DataTypes.BYTES()), "column 'n': BYTES is no type of numbers"),
        (lambda: columns().add_array_column("a", ""), "column 'a' needs a separator"),
        (lambda: columns().add_array_column("a", ";", DataTypes.ROW()), "arrays of .* cannot be in a CSV file"),
        (lambda: CsvReaderFormat.for_schema("id"), "a CsvSchema is needed"),  # type: ignore[arg-type]
        (lambda: CsvBulkWriters.for_schema(None), "a CsvSchema is needed"),  # type: ignore[arg-type]
    ],
)
def test_bad_schemas(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def written(path: Path, factory: BulkWriterFactory, records: list[Any]) -> str:
    with path.open("wb") as file:
        writer = factory.create(file, None)
        try:
            writer.add(records)
            writer.finish()
        except TypeError:
            writer.abandon()
            raise
    return path.read_bytes().decode()


@pytest.mark.parametrize("record", [Row(1, "a"), Row("x", "a", True), "text", Row(1, 5, True)])
def test_records_that_do_not_fit_are_named(tmp_path: Path, record: Any) -> None:
    with pytest.raises(TypeError, match="id, s, b"):
        written(tmp_path / "file", CsvBulkWriters.for_schema(columns().build()), [record])


def test_columns_can_be_taken_over_and_cleared() -> None:
    other = CsvSchema.builder().add_columns_from(columns().build()).add_array_column("a")
    assert len(other) == 4
    assert str(other.build()).startswith('[CsvSchema: columns=["id"/NUMBER,"s"/STRING,"b"/BOOLEAN,"a"/ARRAY]')
    assert len(other.clear_columns()) == 0


TEXTS = st.text(st.sampled_from("ab,;\"'\\\n\r #|"), max_size=8)


@given(
    texts=st.lists(TEXTS, min_size=1, max_size=4), quote=st.sampled_from("\"'"), escape=st.sampled_from([None, "\\"])
)
def test_messages_come_back(texts: list[str], quote: str, escape: str | None) -> None:
    type_info = Types.ROW([Types.STRING() for _ in texts])
    writer = CsvRowSerializationSchema.Builder(type_info).set_quote_character(quote)
    reader = CsvRowDeserializationSchema.Builder(type_info).set_quote_character(quote)
    if escape is not None:
        writer.set_escape_character(escape)
        reader.set_escape_character(escape)
    row = reader.build().deserialize(writer.build().serialize(Row(*texts)))
    assert row is not None
    assert list(row) == texts


def test_a_message_that_cannot_be_read_is_shown() -> None:
    schema = CsvRowDeserializationSchema.Builder(Types.ROW_NAMED(["a"], [Types.INT()])).build()
    with pytest.raises(ValueError, match=r"Failed to deserialize CSV row 'x': field 'a': 'x' is no whole number"):
        schema.deserialize(b"x")


def test_bad_message_schemas() -> None:
    with pytest.raises(TypeError, match="Row type information expected"):
        CsvRowDeserializationSchema.Builder(Types.STRING())
    with pytest.raises(ValueError, match="Unsupported new line delimiter"):
        CsvRowSerializationSchema.Builder(Types.ROW([Types.INT()])).set_line_delimiter("x")
