"""JSON. Source: `pyflink.datastream.formats.json`."""

from penstock.datastream.formats.json_reading import JsonRowDeserializationSchema
from penstock.datastream.formats.json_writing import JsonRowSerializationSchema

__all__ = ["JsonRowDeserializationSchema", "JsonRowSerializationSchema"]
