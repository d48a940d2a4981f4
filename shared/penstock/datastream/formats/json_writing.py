"""JsonRowSerializationSchema: rows as JSON objects."""

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from penstock.common.java_format import float_text, formatter
from penstock.common.serialization import SerializationSchema
from penstock.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TypeInformation,
)
from penstock.datastream.formats.json_text import number, quoted
from penstock.datastream.formats.row_fields import fields_of

Write = Callable[[Any], str]
_ARRAYS = (BasicArrayTypeInfo, ObjectArrayTypeInfo, PrimitiveArrayTypeInfo, ListTypeInfo)


class JsonRowSerializationSchema(SerializationSchema):
    """A Row as an object, its fields by name. Made by its Builder."""

    def __init__(self, type_info: RowTypeInfo) -> None:
        self._type_info = type_info
        self._write: Write | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_write": None}

    @staticmethod
    def builder() -> "JsonRowSerializationSchema.Builder":
        return JsonRowSerializationSchema.Builder()

    def serialize(self, element: Any) -> bytes:
        """TypeError for what does not fit the type."""
        if self._write is None:
            self._write = _writer(self._type_info)
        return self._write(element).encode()

    class Builder:
        def __init__(self) -> None:
            self._type_info: RowTypeInfo | None = None

        def with_type_info(self, type_info: TypeInformation) -> "JsonRowSerializationSchema.Builder":
            if not isinstance(type_info, RowTypeInfo):
                raise TypeError(f"Row type information expected, not {type_info!r}")
            self._type_info = type_info
            return self

        def build(self) -> "JsonRowSerializationSchema":
            if self._type_info is None:
                raise TypeError("Typeinfo should be set.")
            return JsonRowSerializationSchema(self._type_info)


def _or_null(write: Write) -> Write:
    return lambda value: "null" if value is None else write(value)


def _writer(type_info: TypeInformation) -> Write:
    """Of a value that is not None."""
    match type_info:
        case RowTypeInfo():
            return _row(type_info)
        case PrimitiveArrayTypeInfo(element_type=BasicTypeInfo(basic_type=BasicType.BYTE)):
            return lambda value: f'"{base64.b64encode(bytes(value)).decode()}"'
        case MapTypeInfo():
            item = _or_null(_writer(type_info.value_type))
            return lambda value: f"{{{','.join([f'{quoted(str(k))}:{item(v)}' for k, v in value.items()])}}}"
        case _ if isinstance(type_info, _ARRAYS):
            element = _or_null(_writer(type_info.element_type))
            return lambda value: f"[{','.join([element(v) for v in value])}]"
        case DateTypeInfo():
            return lambda value: f'"{value:%Y-%m-%d}"'
        case TimeTypeInfo():
            return lambda value: f'"{value:%H:%M:%S}Z"'
        case TimestampTypeInfo():
            return _timestamp
        case BasicTypeInfo():
            return _BASIC.get(type_info.basic_type, formatter(type_info))
    raise TypeError(f"{type_info!r} cannot be a field of JSON")


def _row(type_info: RowTypeInfo) -> Write:
    names = type_info.get_field_names()
    fields = [(quoted(n), _or_null(_writer(t))) for n, t in zip(names, type_info.get_field_types(), strict=True)]

    def write(value: Any) -> str:
        values = fields_of(value, names)
        return f"{{{','.join([f'{name}:{field(v)}' for (name, field), v in zip(fields, values, strict=True)])}}}"

    return write


def _timestamp(value: Any) -> str:
    fraction = f"{value.microsecond:06d}".rstrip("0")
    return f'"{value:%Y-%m-%dT%H:%M:%S}{"." if fraction else ""}{fraction}Z"'


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a str, got {type(value).__name__} {value!r}")
    return quoted(value)


def _float(value: Any) -> str:
    text = float_text(value)
    return f'"{text}"' if text in ("NaN", "Infinity", "-Infinity") else text


_BASIC: dict[BasicType, Write] = {
    BasicType.STRING: _text,
    BasicType.CHAR: _text,
    BasicType.DOUBLE: number,
    BasicType.FLOAT: _float,
    BasicType.BIG_DEC: lambda value: f"{Decimal(value):f}",
    BasicType.INSTANT: lambda value: f'"{formatter(BasicTypeInfo.INSTANT_TYPE_INFO())(value)}"',
}
