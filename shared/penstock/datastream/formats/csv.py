"""CSV. Source: `pyflink.datastream.formats.csv`."""

from penstock.datastream.formats.csv_reading import CsvReaderFormat
from penstock.datastream.formats.csv_row_reading import CsvRowDeserializationSchema
from penstock.datastream.formats.csv_row_writing import CsvRowSerializationSchema
from penstock.datastream.formats.csv_schema import CsvSchema, CsvSchemaBuilder
from penstock.datastream.formats.csv_writing import CsvBulkWriters

__all__ = [
    "CsvBulkWriters",
    "CsvReaderFormat",
    "CsvRowDeserializationSchema",
    "CsvRowSerializationSchema",
    "CsvSchema",
    "CsvSchemaBuilder",
]
