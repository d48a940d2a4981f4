"""Parquet and ORC: every type, columns that differ from the file's, what cannot be read, settings."""

import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest

from penstock.common import Instant, Row
from penstock.common.configuration import Configuration
from penstock.common.serialization import BulkWriterFactory
from penstock.datastream.connectors.file_system import BulkFormat, RecordReadError
from penstock.datastream.formats.extras import MissingLibraryError
from penstock.datastream.formats.orc import OrcBulkWriters, OrcColumnarRowInputFormat
from penstock.datastream.formats.parquet import ParquetBulkWriters, ParquetColumnarRowInputFormat
from penstock.table import DataTypes
from penstock.table.types import RowType
from tests.unit.formats.written import cut, read_all

F = DataTypes.FIELD
WIDE = DataTypes.ROW(
    [
        F("t", DataTypes.TINYINT()),
        F("s", DataTypes.SMALLINT()),
        F("i", DataTypes.INT()),
        F("l", DataTypes.BIGINT()),
        F("f", DataTypes.FLOAT()),
        F("d", DataTypes.DOUBLE()),
        F("b", DataTypes.BOOLEAN()),
        F("text", DataTypes.STRING()),
        F("bytes", DataTypes.BYTES()),
        F("dec", DataTypes.DECIMAL(10, 2)),
        F("date", DataTypes.DATE()),
        F("ts", DataTypes.TIMESTAMP(6)),
        F("ltz", DataTypes.TIMESTAMP_LTZ(6)),
        F("list", DataTypes.ARRAY(DataTypes.DECIMAL(4, 1))),
        F("map", DataTypes.MAP(DataTypes.STRING(), DataTypes.BIGINT())),
        F("row", DataTypes.ROW([F("x", DataTypes.INT()), F("at", DataTypes.TIMESTAMP_LTZ(3))])),
    ]
)
INSTANT = Instant(1_577_934_245, 123_456_000)
VALUES: list[Any] = [-128, 300, 70_000, 2**62, 0.5, 0.1, True, "ä\n", b"\x00\xff", Decimal("12.30"), date(2020, 1, 2)]
VALUES += [datetime(2020, 1, 2, 3, 4, 5, 123_456), INSTANT, [Decimal("1.5"), None], {"a": 1, "b": None}]


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


def read(file_format: BulkFormat, path: Path) -> list[Any]:
    return read_all(file_format, cut(file_format, path, 10**6))


def parquet(row_type: RowType, **named: Any) -> ParquetColumnarRowInputFormat:
    return ParquetColumnarRowInputFormat(row_type, is_utc_timestamp=True, **named)


@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_every_type_comes_back(tmp_path: Path, kind: str) -> None:
    factory = (
        ParquetBulkWriters.for_row_type(WIDE, utc_timestamp=True)
        if kind == "parquet"
        else OrcBulkWriters.for_row_type(WIDE)
    )
    reader = parquet(WIDE) if kind == "parquet" else OrcColumnarRowInputFormat(WIDE)
    path = write(tmp_path / "file", factory, [Row(*VALUES, Row(7, INSTANT)), Row(*[None] * 16)])
    full, empty = read(reader, path)
    assert list(full)[:-1] == VALUES
    assert (full.row.x, full.row.at, full.text) == (7, INSTANT, "ä\n")
    assert list(empty) == [None] * 16


def test_time_is_to_the_millisecond(tmp_path: Path) -> None:
    row_type = DataTypes.ROW([F("at", DataTypes.TIME())])
    path = write(tmp_path / "file", ParquetBulkWriters.for_row_type(row_type), [Row(time(1, 2, 3, 4567))])
    assert [row.at for row in read(parquet(row_type), path)] == [time(1, 2, 3, 4000)]


def test_timestamps_of_a_zone_are_those_of_the_slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time as clock

    row_type = DataTypes.ROW([F("at", DataTypes.TIMESTAMP(6))])
    moment = datetime(2020, 7, 1, 12, 0, 0, 1)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    clock.tzset()
    try:
        path = write(tmp_path / "file", ParquetBulkWriters.for_row_type(row_type), [Row(moment)])
        assert [row.at for row in read(ParquetColumnarRowInputFormat(row_type), path)] == [moment]
        assert [row.at for row in read(parquet(row_type), path)] == [datetime(2020, 7, 1, 3, 0, 0, 1)]
    finally:
        monkeypatch.undo()
        clock.tzset()


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    table = pa.table({"Other": [1, 2], "ID": pa.array([1, 2], pa.int32()), "text": ["a", "b"]})
    pq.write_table(table, tmp_path / "p")
    orc.write_table(table, tmp_path / "o")
    wanted = DataTypes.ROW([F("text", DataTypes.STRING()), F("missing", DataTypes.INT()), F("id", DataTypes.BIGINT())])
    for found in (read(parquet(wanted), tmp_path / "p"), read(OrcColumnarRowInputFormat(wanted), tmp_path / "o")):
        assert [list(row) for row in found] == [["a", None, None], ["b", None, None]]
    found = read(parquet(wanted, is_case_sensitive=False), tmp_path / "p")
    assert [list(row) for row in found] == [["a", None, 1], ["b", None, 2]]


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["x"]}), tmp_path / "p")
    wanted = DataTypes.ROW([F("id", DataTypes.BIGINT())])
    with pytest.raises(RecordReadError, match=r"p: column 'id' is of type string, which cannot be read as int64"):
        read(parquet(wanted), tmp_path / "p")


@pytest.mark.parametrize("kind", ["Parquet", "ORC"])
def test_other_and_damaged_files_are_named(tmp_path: Path, kind: str) -> None:
    wanted = DataTypes.ROW([F("id", DataTypes.BIGINT())])
    reader: BulkFormat = parquet(wanted) if kind == "Parquet" else OrcColumnarRowInputFormat(wanted)
    factory = ParquetBulkWriters.for_row_type(wanted) if kind == "Parquet" else OrcBulkWriters.for_row_type(wanted)
    path = tmp_path / "file"
    path.write_bytes(b"no such thing, whatever its name says")
    with pytest.raises(RecordReadError, match=rf"file is no {kind} file"):
        read(reader, path)
    write(path, factory, [Row(n) for n in range(1000)])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RecordReadError, match=rf"file is no {kind} file"):
        read(reader, path)
    with pytest.raises(FileNotFoundError):
        reader.open(cut(reader, path, 10**6)[0].__class__(str(tmp_path / "none"), 0, 1))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Row("x"), "field 'id' does not fit the column's type int64"),
        (Row(2**70), "field 'id' does not fit"),
        (Row(None), "NOT NULL"),
        (Row(1, 2), "got 2 fields"),
        (5, "expected a Row with the fields id"),
    ],
)
@pytest.mark.parametrize("kind", ["Parquet", "ORC"])
def test_records_that_do_not_fit_are_named(tmp_path: Path, value: Any, message: str, kind: str) -> None:
    row_type = DataTypes.ROW([F("id", DataTypes.BIGINT(nullable=False))])
    factory = ParquetBulkWriters.for_row_type(row_type) if kind == "Parquet" else OrcBulkWriters.for_row_type(row_type)
    with pytest.raises(TypeError, match=message):
        write(tmp_path / "file", factory, [value])


def test_settings(tmp_path: Path) -> None:
    row_type = DataTypes.ROW([F("id", DataTypes.BIGINT())])
    settings = Configuration().set_string("parquet.compression", "gzip").set_string("orc.compress", "snappy")
    path = write(tmp_path / "p", ParquetBulkWriters.for_row_type(row_type, settings), [Row(1)])
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "GZIP"
    path = write(tmp_path / "o", OrcBulkWriters.for_row_type(row_type, settings), [Row(1)])
    assert orc.ORCFile(path).compression == "SNAPPY"
    with pytest.raises(ValueError, match=r"parquet\.compression: 'PACKED' is none of"):
        ParquetBulkWriters.for_row_type(row_type, Configuration().set_string("parquet.compression", "packed"))
    with pytest.raises(ValueError, match=r"orc\.stripe\.size must be a positive number of bytes, not 'x'"):
        OrcBulkWriters.for_row_type(row_type, Configuration().set_string("orc.stripe.size", "x"))
    with pytest.raises(TypeError, match="a row type is needed"):
        ParquetBulkWriters.for_row_type([])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="batch size must be positive"):
        ParquetColumnarRowInputFormat(row_type, batch_size=0)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'penstock\[arrow\]'"):
        write(tmp_path / "file", OrcBulkWriters.for_row_type(DataTypes.ROW([F("id", DataTypes.INT())])), [])
