"""Avro. Source: `pyflink.datastream.formats.avro`; `AvroReaders` is Penstock's own."""

from penstock.datastream.formats.avro_files import AvroBulkWriters, AvroInputFormat, AvroReaders
from penstock.datastream.formats.avro_row_schemas import AvroRowDeserializationSchema, AvroRowSerializationSchema
from penstock.datastream.formats.avro_schema import AvroSchema, GenericRecordAvroTypeInfo

__all__ = [
    "AvroBulkWriters",
    "AvroInputFormat",
    "AvroReaders",
    "AvroRowDeserializationSchema",
    "AvroRowSerializationSchema",
    "AvroSchema",
    "GenericRecordAvroTypeInfo",
]
