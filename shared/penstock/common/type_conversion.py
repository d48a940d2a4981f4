"""Values as their declared type has them: what PyFlink's serializers change, refuse and leave alone.

Compared with PyFlink 2.3. Function results: whole numbers are cut to int and refused out of range, FLOAT is rounded to
32 bits, tuples lose what is too many. `from_collection` goes another way in Flink: there whole numbers wrap as in Java.
"""

import math
import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Real
from typing import Any, Literal, NoReturn

from penstock.common.time import Instant
from penstock.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    ListTypeInfo,
    LocalTimeTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
)
from penstock.common.types import Row

#: result: of a user function; element: of `from_collection`
Origin = Literal["result", "element"]
Convert = Callable[[Any], Any]

BITS = {BasicType.BYTE: 8, BasicType.SHORT: 16, BasicType.INT: 32, BasicType.LONG: 64}


class TypeMismatchError(TypeError):
    """A value is not of its declared type."""


def _mismatch(expected: str, value: Any) -> NoReturn:
    raise TypeMismatchError(f"expected {expected}, got {type(value).__name__} {value!r}")


def converter(type_info: TypeInformation, origin: Origin = "result") -> Convert:
    """One value to what the type makes of it. The function raises TypeMismatchError."""
    match type_info:
        case BasicTypeInfo():
            return _basic(type_info.basic_type, origin)
        case TupleTypeInfo():
            return _tuple([_nullable(converter(t, origin), origin) for t in type_info.get_field_types()])
        case RowTypeInfo():
            fields = [_nullable(converter(t, origin), "element") for t in type_info.get_field_types()]
            return _row(type_info.get_field_names(), fields, origin)
        case PrimitiveArrayTypeInfo() if _is_bytes(type_info):
            return _bytes
        case ListTypeInfo() | PrimitiveArrayTypeInfo():
            return _list(_nullable(converter(type_info.element_type, origin), origin))
        case BasicArrayTypeInfo() | ObjectArrayTypeInfo():
            return _list(_nullable(converter(type_info.element_type, origin), "element"))
        case MapTypeInfo():
            values = _nullable(converter(type_info.value_type, origin), "element")
            return _map(converter(type_info.key_type, origin), values)
        case DateTypeInfo():
            return _date
        case TimeTypeInfo():
            return _time
        case TimestampTypeInfo():
            return _timestamp
        case LocalTimeTypeInfo():
            kinds = LocalTimeTypeInfo.TimeType
            by_kind: dict[Any, Convert] = {kinds.LOCAL_DATE: _date, kinds.LOCAL_TIME: _local_time}
            return by_kind.get(type_info.time_type, _local_timestamp)
    return lambda value: value


def as_float32(value: float) -> float:
    """The nearest float of 32 bits; infinite where there is none."""
    try:
        rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    return rounded


def _is_bytes(type_info: PrimitiveArrayTypeInfo) -> bool:
    element = type_info.element_type
    return isinstance(element, BasicTypeInfo) and element.basic_type is BasicType.BYTE


def _nullable(convert: Convert, origin: Origin) -> Convert:
    # a field of a tuple that is None is an error of Flink's serializers, in `from_collection` and in rows it is null
    if origin == "result":
        return convert
    return lambda value: None if value is None else convert(value)


def _basic(basic_type: BasicType, origin: Origin) -> Convert:
    if basic_type in BITS:
        return _whole(basic_type, BITS[basic_type], origin)
    if basic_type is BasicType.STRING and origin == "element":
        return str
    return _BASIC[basic_type]


def _whole(basic_type: BasicType, bits: int, origin: Origin) -> Convert:
    least, most, modulus = -(1 << bits - 1), (1 << bits - 1) - 1, 1 << bits

    def element(value: Any) -> int:
        if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
            _mismatch(f"an int for {basic_type.name}", value)
        return (value - least) % modulus + least

    def result(value: Any) -> int:
        if not isinstance(value, Real | Decimal):
            _mismatch(f"an int for {basic_type.name}", value)
        number = _cut(value)
        if not least <= number <= most:
            raise TypeMismatchError(f"expected {basic_type.name} ({least} to {most}), got {value!r}: it does not fit")
        return number

    return element if origin == "element" else result


def _cut(number: Any) -> int:
    whole: int = math.trunc(number)
    return whole


def _string(value: Any) -> str:
    return value if isinstance(value, str) else _mismatch("a str", value)


def _char(value: Any) -> str:
    return value if isinstance(value, str) and len(value) == 1 else _mismatch("a str of one character", value)


def _boolean(value: Any) -> bool:
    return bool(value) if isinstance(value, Real) else _mismatch("a bool", value)


def _double(value: Any) -> float:
    return float(value) if isinstance(value, Real | Decimal) else _mismatch("a float", value)


def _float(value: Any) -> float:
    return as_float32(_double(value))


def _big_int(value: Any) -> int:
    return _cut(value) if isinstance(value, Real | Decimal) else _mismatch("an int", value)


def _big_dec(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(str(value))
    except ArithmeticError:
        _mismatch("a Decimal", value)


def _instant(value: Any) -> Instant:
    return value if isinstance(value, Instant) else _mismatch("an Instant", value)


_BASIC: dict[BasicType, Convert] = {
    BasicType.STRING: _string,
    BasicType.CHAR: _char,
    BasicType.BOOLEAN: _boolean,
    BasicType.DOUBLE: _double,
    BasicType.FLOAT: _float,
    BasicType.BIG_INT: _big_int,
    BasicType.BIG_DEC: _big_dec,
    BasicType.INSTANT: _instant,
}


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else _mismatch("a datetime.date", value)


def _local_time(value: Any) -> time:
    return value if isinstance(value, time) else _mismatch("a datetime.time", value)


def _time(value: Any) -> time:
    exact = _local_time(value)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)


def _local_timestamp(value: Any) -> datetime:
    return value if isinstance(value, datetime) else _mismatch("a datetime.datetime", value)


def _timestamp(value: Any) -> datetime:
    exact = _local_timestamp(value)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, (bytes, bytearray)) else _mismatch("bytes", value)


def _list(element: Convert) -> Convert:
    def convert(value: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            _mismatch("a list", value)
        return [element(v) for v in value]

    return convert


def _map(key: Convert, item: Convert) -> Convert:
    def convert(value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict):
            _mismatch("a dict", value)
        return {key(k): item(v) for k, v in value.items()}

    return convert


def _tuple(fields: Sequence[Convert]) -> Convert:
    def convert(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, tuple) or len(value) < len(fields):
            _mismatch(f"a tuple of {len(fields)}", value)
        return tuple([_field(n, f, v) for n, (f, v) in enumerate(zip(fields, value, strict=False))])

    return convert


def _row(names: list[str], fields: Sequence[Convert], origin: Origin) -> Convert:
    def convert(value: Any) -> Row:
        if isinstance(value, Row):
            values, kind = _values_of(value, names), value.get_row_kind()
        elif origin == "element" and isinstance(value, (tuple, list)):
            values, kind = list(value), None
        else:
            _mismatch("a Row", value)
        if len(values) < len(fields):
            _mismatch(f"a Row of {len(fields)} fields", value)
        row = Row(*[_field(name, f, v) for name, f, v in zip(names, fields, values, strict=False)])
        row.set_field_names(names)
        if kind is not None:
            row.set_row_kind(kind)
        return row

    return convert


def _values_of(row: Row, names: list[str]) -> list[Any]:
    try:
        return row.get_fields_by_names(names)
    except ValueError:
        _mismatch(f"a Row with the fields {', '.join(names)}", row)


def _field(name: int | str, convert: Convert, value: Any) -> Any:
    try:
        return convert(value)
    except TypeMismatchError as e:
        raise TypeMismatchError(f"field {name}: {e}") from None
