"""AvroRowDeserializationSchema and AvroRowSerializationSchema: rows as Avro records without a head, in messages."""

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from penstock.common.jvm import no_jvm
from penstock.common.serialization import DeserializationSchema, SerializationSchema
from penstock.common.typeinfo import RowTypeInfo
from penstock.datastream.formats.arrow_values import named_row
from penstock.datastream.formats.avro_schema import AvroSchema
from penstock.datastream.formats.avro_types import Names, row_type_of, without_null
from penstock.datastream.formats.extras import fastavro
from penstock.datastream.formats.message_error import MessageError
from penstock.datastream.formats.row_fields import fields_of

Convert = Callable[[Any], Any]


def _schema_of(record_class: str | None, avro_schema_string: str | None) -> AvroSchema:
    if record_class is not None:
        no_jvm("record_class: give an avro_schema_string instead")
    if avro_schema_string is None:
        raise TypeError("record_class or avro_schema_string should be specified.")
    return AvroSchema(avro_schema_string)


class AvroRowDeserializationSchema(DeserializationSchema):
    """A message is one record of the schema, in Avro's binary encoding."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        self._schema = _schema_of(record_class, avro_schema_string)
        self._type_info, self._names = row_type_of(self._schema)
        self._convert: Convert | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_convert": None}

    def get_produced_type(self) -> RowTypeInfo:
        return self._type_info

    def deserialize(self, message: bytes) -> Any:
        """MessageError."""
        if self._convert is None:
            self._convert = _from_avro(self._schema.parsed, self._names)
        try:
            record = fastavro().schemaless_reader(io.BytesIO(message), self._schema.parsed, None)
        except (EOFError, ValueError, IndexError, LookupError, OverflowError) as e:
            raise MessageError("Avro record", message, f"{type(e).__name__} {e}") from None
        return self._convert(record)


class AvroRowSerializationSchema(SerializationSchema):
    """The way back. The fields of a row are those of the schema, by position."""

    def __init__(self, record_class: str | None = None, avro_schema_string: str | None = None) -> None:
        self._schema = _schema_of(record_class, avro_schema_string)
        _, self._names = row_type_of(self._schema)
        self._convert: Convert | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_convert": None}

    def serialize(self, element: Any) -> bytes:
        """TypeError for what is no record of the schema."""
        if self._convert is None:
            self._convert = _to_avro(self._schema.parsed, self._names)
        out = io.BytesIO()
        try:
            fastavro().schemaless_writer(out, self._schema.parsed, self._convert(element))
        except Exception as e:
            raise TypeError(f"{element!r} is no record of the schema {self._schema}: {type(e).__name__} {e}") from e
        return out.getvalue()


def _from_avro(node: Any, names: Names) -> Convert:
    node = names.resolved(without_null(names.resolved(node)))
    kind = node["type"] if isinstance(node, dict) else node
    if kind == "record":
        fields = [(f["name"], _or_none(_from_avro(f["type"], names))) for f in node["fields"]]
        field_names = [name for name, _ in fields]
        return lambda value: named_row(field_names, [convert(value[name]) for name, convert in fields])
    if kind == "array":
        element = _or_none(_from_avro(node["items"], names))
        return lambda value: [element(v) for v in value]
    if kind == "map":
        item = _or_none(_from_avro(node["values"], names))
        return lambda value: {k: item(v) for k, v in value.items()}
    # rows have timestamps without a zone
    return lambda value: value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _to_avro(node: Any, names: Names) -> Convert:
    node = names.resolved(without_null(names.resolved(node)))
    kind = node["type"] if isinstance(node, dict) else node
    if kind == "record":
        fields = [(f["name"], _or_none(_to_avro(f["type"], names))) for f in node["fields"]]
        field_names = [name for name, _ in fields]
        return lambda value: {
            name: convert(v) for (name, convert), v in zip(fields, fields_of(value, field_names), strict=True)
        }
    if kind == "array":
        element = _or_none(_to_avro(node["items"], names))
        return lambda value: [element(v) for v in value]
    if kind == "map":
        item = _or_none(_to_avro(node["values"], names))
        return lambda value: {k: item(v) for k, v in value.items()}
    if isinstance(node, dict) and str(node.get("logicalType", "")).startswith("timestamp-"):
        from datetime import UTC

        return lambda value: value.replace(tzinfo=UTC) if value.tzinfo is None else value
    return lambda value: value


def _or_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
