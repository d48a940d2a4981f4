"""Orders in CSV to Parquet, a folder a country: `penstock run examples/csv_to_parquet.py --input F --output F`.

Needs `pip install 'penstock[arrow]'`.
"""

import argparse
from typing import Any

from penstock.common import Row, Types, WatermarkStrategy
from penstock.datastream import StreamExecutionEnvironment
from penstock.datastream.connectors.file_system import BucketAssigner, FileSink, FileSource, OutputFileConfig
from penstock.datastream.formats.csv import CsvReaderFormat, CsvSchema
from penstock.datastream.formats.parquet import ParquetBulkWriters
from penstock.table import DataTypes

PAID = DataTypes.ROW(
    [
        DataTypes.FIELD("id", DataTypes.BIGINT()),
        DataTypes.FIELD("country", DataTypes.STRING()),
        DataTypes.FIELD("total", DataTypes.DECIMAL(12, 2)),
    ]
)


class ByCountry(BucketAssigner):
    def get_bucket_id(self, element: Any, context: Any) -> str:
        return f"country={element.country}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()

    columns = CsvSchema.builder().add_number_column("id").add_string_column("country").add_boolean_column("paid")
    columns.add_number_column("price", DataTypes.DECIMAL(12, 2)).add_number_column("count", DataTypes.INT())
    orders = CsvReaderFormat.for_schema(columns.set_use_header().build()).with_ignore_parse_errors()

    env = StreamExecutionEnvironment.get_execution_environment()
    source = FileSource.for_record_stream_format(orders, options.input).build()
    types = [Types.LONG(), Types.STRING(), Types.BIG_DEC()]
    paid = (
        env.from_source(source, WatermarkStrategy.no_watermarks(), "orders")
        .filter(lambda order: order.paid)
        .map(
            lambda order: Row(id=order.id, country=order.country, total=order.price * order.count),
            Types.ROW_NAMED(["id", "country", "total"], types),
        )
    )
    sink = FileSink.for_bulk_format(options.output, ParquetBulkWriters.for_row_type(PAID, utc_timestamp=True))
    sink.with_bucket_assigner(ByCountry())
    sink.with_output_file_config(OutputFileConfig.builder().with_part_suffix(".parquet").build())
    paid.sink_to(sink.build())
    env.execute("CSV to Parquet")


if __name__ == "__main__":
    main()
