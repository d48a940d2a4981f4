"""Parquet. Source: `pyflink.datastream.formats.parquet`."""

from penstock.datastream.formats.parquet_records import AvroParquetReaders, AvroParquetWriters
from penstock.datastream.formats.parquet_rows import ParquetBulkWriters, ParquetColumnarRowInputFormat

__all__ = ["AvroParquetReaders", "AvroParquetWriters", "ParquetBulkWriters", "ParquetColumnarRowInputFormat"]
