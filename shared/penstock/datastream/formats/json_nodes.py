"""JSON values as fields of a type: what Flink makes of a node, which is more than the type alone would allow."""

import base64
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from penstock.common.java_format import double_text
from penstock.common.time import Instant
from penstock.common.type_conversion import as_float32
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
from penstock.common.types import Row
from penstock.datastream.formats import java_numbers
from penstock.datastream.formats.json_text import json_text

#: of a node that is not null
Convert = Callable[[Any], Any]

_BITS = {BasicType.BYTE: 8, BasicType.SHORT: 16, BasicType.INT: 32, BasicType.LONG: 64}
_ARRAYS = (BasicArrayTypeInfo, ObjectArrayTypeInfo, PrimitiveArrayTypeInfo, ListTypeInfo)
_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}:\d{2}Z", re.ASCII)


def node_text(node: Any) -> str:
    """The text of a node: of an object or array its JSON."""
    if isinstance(node, str):
        return node
    if isinstance(node, bool):
        return "true" if node else "false"
    return double_text(node) if isinstance(node, float) else json_text(node)


def row_converter(type_info: RowTypeInfo, fails_on_missing: bool, ignores_errors: bool) -> Convert:
    """Of an object. ValueError, naming the field."""
    names = type_info.get_field_names()
    converters = [_or_none(converter(t, fails_on_missing, ignores_errors)) for t in type_info.get_field_types()]

    def convert(node: Any) -> Row:
        if not isinstance(node, dict):
            raise ValueError(f"an object is needed, not {node_text(node)}")
        values: list[Any] = []
        for name, field in zip(names, converters, strict=True):
            if name not in node:
                if fails_on_missing:
                    raise ValueError(f"Could not find field with name '{name}'.")
                values.append(None)
                continue
            try:
                values.append(field(node[name]))
            except ValueError as e:
                if not ignores_errors:
                    raise ValueError(f"field {name!r}: {e}") from None
                values.append(None)
        row = Row(*values)
        row.set_field_names(names)
        return row

    return convert


def _or_none(convert: Convert) -> Convert:
    return lambda node: None if node is None else convert(node)


def converter(type_info: TypeInformation, fails_on_missing: bool = False, ignores_errors: bool = False) -> Convert:
    """ValueError for a node that cannot be of the type. TypeError for a type that JSON does not have."""
    match type_info:
        case RowTypeInfo():
            return row_converter(type_info, fails_on_missing, ignores_errors)
        case PrimitiveArrayTypeInfo(element_type=BasicTypeInfo(basic_type=BasicType.BYTE)):
            return _bytes
        case MapTypeInfo():
            value = _or_none(converter(type_info.value_type, fails_on_missing, ignores_errors))
            key = converter(type_info.key_type)
            return lambda node: {key(k): value(v) for k, v in node.items()} if isinstance(node, dict) else {}
        case _ if isinstance(type_info, _ARRAYS):
            element = _or_none(converter(type_info.element_type, fails_on_missing, ignores_errors))
            return lambda node: [element(v) for v in _array(node)]
        case DateTypeInfo():
            return lambda node: date.fromisoformat(node_text(node))
        case TimeTypeInfo():
            return _time
        case TimestampTypeInfo():
            return _timestamp
        case BasicTypeInfo() if type_info.basic_type in _BITS:
            bits = _BITS[type_info.basic_type]
            return lambda node: _whole(node, bits)
        case BasicTypeInfo():
            return _BASIC[type_info.basic_type]
    raise TypeError(f"{type_info!r} cannot be a field of JSON")


def _array(node: Any) -> list[Any]:
    if not isinstance(node, list):
        raise ValueError(f"an array is needed, not {node_text(node)}")
    return node


def _whole(node: Any, bits: int) -> int:
    if isinstance(node, float) and -(2.0**63) <= node < 2.0**63:
        node = int(node)
    return java_numbers.whole(node_text(node).strip(), bits)


def _bytes(node: Any) -> bytes | None:
    return base64.b64decode(node, validate=True) if isinstance(node, str) else None


def _double(node: Any) -> float:
    return float(node) if isinstance(node, (int, float)) and not isinstance(node, bool) else _floating(node)


def _floating(node: Any) -> float:
    return java_numbers.floating(node_text(node))


def _big_decimal(node: Any) -> Decimal:
    # fractions have been doubles before, as Jackson reads them
    return Decimal(repr(node)).normalize() if isinstance(node, float) else java_numbers.decimal(node_text(node).strip())


def _big_int(node: Any) -> int:
    number = java_numbers.decimal(node_text(node).strip())
    if isinstance(node, float) or number != int(number):
        raise ValueError(f"{node_text(node)} is no whole number")
    return int(number)


def _char(node: Any) -> str:
    text = node_text(node)
    if len(text) != 1:
        raise ValueError(f"{text!r} is not one character")
    return text


def _time(node: Any) -> time:
    text = node_text(node)
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text!r} is no time in UTC without milliseconds, such as 12:13:14Z")
    return time.fromisoformat(text[:-1])


def _moment(node: Any) -> tuple[datetime, int]:
    """To the second, and the nanoseconds."""
    text = node_text(node)
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no timestamp in UTC, such as 2020-01-02T03:04:05.123Z")
    return datetime.fromisoformat(f"{found[1]}T{found[2]}"), int((found[3] or "0").ljust(9, "0"))


def _timestamp(node: Any) -> datetime:
    moment, nanos = _moment(node)
    return moment.replace(microsecond=nanos // 1000)


def _instant(node: Any) -> Instant:
    moment, nanos = _moment(node)
    return Instant(round((moment - datetime(1970, 1, 1)).total_seconds()), nanos)


_BASIC: dict[BasicType, Convert] = {
    BasicType.STRING: node_text,
    BasicType.CHAR: _char,
    BasicType.BOOLEAN: lambda node: node if isinstance(node, bool) else node_text(node).strip().lower() == "true",
    BasicType.FLOAT: lambda node: as_float32(_double(node)),
    BasicType.DOUBLE: _double,
    BasicType.BIG_INT: _big_int,
    BasicType.BIG_DEC: _big_decimal,
    BasicType.INSTANT: _instant,
}
