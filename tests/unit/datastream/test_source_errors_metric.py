"""Records that a source passes over are counted in its metrics."""

from pathlib import Path

from penstock.datastream.connectors import FileSource
from penstock.datastream.formats.csv import CsvReaderFormat, CsvSchema
from penstock.operators.registry import SubtaskInfo
from penstock.operators.sources import SourceOperator
from penstock.runtime.metrics import MetricRegistry
from penstock.runtime.runtime_context import SubtaskRuntimeContext


def test_ignored_records_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1\nx\n2\n")
    (tmp_path / "b.csv").write_text("y\n3\nz\n")
    csv = CsvReaderFormat.for_schema(CsvSchema.builder().add_number_column("n").build()).with_ignore_parse_errors()
    source = FileSource.for_record_stream_format(csv, tmp_path).build()
    registry = MetricRegistry()
    info = SubtaskInfo("0" * 32, "job", "source", 0, 1, 128)
    operator = SourceOperator(0, "source", source, None, 0)
    operator.open(SubtaskRuntimeContext(info, None, registry.group("source")))
    operator.start(lambda: source.enumerate_splits(1), 0, 1)
    rows = []
    while (batch := operator.poll(10)) is not None:
        assert isinstance(batch, list)
        rows += batch
    assert [row.n for row in rows] == [1, 2, 3]
    assert {name: value for name, value in registry.values().items() if "Errors" in name} == {
        "source.numRecordsInErrors": 3
    }
    operator.close()
