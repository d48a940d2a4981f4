"""Whole jobs from files to files, in this process."""

import runpy
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from penstock.common import Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors import BucketAssigner, FileSink, FileSource
from penstock.datastream.formats.avro import AvroBulkWriters, AvroReaders, AvroSchema, GenericRecordAvroTypeInfo
from penstock.datastream.formats.orc import OrcBulkWriters, OrcColumnarRowInputFormat
from penstock.table import DataTypes

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "id,country,paid,price,count",
        "1,DE,true,1.50,2",
        "2,FR,false,3,1",
        "oops",
        "3,FR,true,0.10,3",
        "4,DE,true,2,1",
    ]
    (tmp_path / "orders.csv").write_text("\n".join(lines))
    out = tmp_path / "out"
    monkeypatch.setattr(
        sys, "argv", ["csv_to_parquet.py", "--input", str(tmp_path / "orders.csv"), "--output", str(out)]
    )
    runpy.run_path(str(EXAMPLES / "csv_to_parquet.py"), run_name="__main__")
    found = {}
    for path in out.rglob("*"):
        if path.is_file():
            assert path.suffix == ".parquet"
            found[path.parent.name] = pq.ParquetFile(path).read().to_pylist()
    assert found == {
        "country=DE": [
            {"id": 1, "country": "DE", "total": Decimal("3.00")},
            {"id": 4, "country": "DE", "total": Decimal("2.00")},
        ],
        "country=FR": [{"id": 3, "country": "FR", "total": Decimal("0.30")}],
    }


def test_from_orc_to_avro_and_back_at_higher_parallelism(tmp_path: Path) -> None:
    """Rows and generic records between operators, splits over subtasks."""
    row_type = DataTypes.ROW([DataTypes.FIELD("n", DataTypes.BIGINT()), DataTypes.FIELD("s", DataTypes.STRING())])
    schema = AvroSchema.parse_string(
        '{"type":"record","name":"R","fields":[{"name":"n","type":"long"},{"name":"s","type":["null","string"]}]}'
    )
    plain = BucketAssigner.base_path_bucket_assigner()
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(3)
    rows = env.from_collection(
        [(n, f"s{n}") for n in range(50)], Types.ROW_NAMED(["n", "s"], [Types.LONG(), Types.STRING()])
    )
    orc_sink = FileSink.for_bulk_format(tmp_path / "orc", OrcBulkWriters.for_row_type(row_type))
    rows.rebalance().sink_to(orc_sink.with_bucket_assigner(plain).build())
    env.execute()
    assert len(list((tmp_path / "orc").iterdir())) == 3
    source = FileSource.for_bulk_file_format(OrcColumnarRowInputFormat(row_type), tmp_path / "orc").build()
    records = env.from_source(source, WatermarkStrategy.no_watermarks(), "orc").map(
        lambda row: {"n": row.n, "s": row.s if row.n % 2 else None}, GenericRecordAvroTypeInfo(schema)
    )
    avro_sink = FileSink.for_bulk_format(tmp_path / "avro", AvroBulkWriters.for_generic_record(schema))
    records.sink_to(avro_sink.with_bucket_assigner(plain).build())
    env.execute()
    read = FileSource.for_bulk_file_format(AvroReaders.for_generic_record(schema), tmp_path / "avro").build()
    found = list(env.from_source(read, WatermarkStrategy.no_watermarks(), "avro").execute_and_collect())
    assert sorted(found, key=lambda r: r["n"]) == [{"n": n, "s": f"s{n}" if n % 2 else None} for n in range(50)]
