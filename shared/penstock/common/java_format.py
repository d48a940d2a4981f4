"""The text of a typed value: what Java's toString writes, so that files and output look as Flink's.

Formatters are compiled once per type: `lines(type)` turns a batch into one text at about the speed of an f-string.
Sources: `Double.toString`, `Row.toString`, `Tuple2.toString`, `AbstractMap.toString`;
compared with PyFlink 2.3.
Numbers are as Java 19 and later write them (before, some doubles had a digit too many: JDK-4511638).
"""

import math
import struct
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.common.time import Instant
from penstock.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PickledBytesTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
)
from penstock.common.types import Row

Formatter = Callable[[Any], str]


def formatter(type_info: TypeInformation | None) -> Formatter:
    """The text of one value of the type; untyped and pickled values are Python's `str(value)`."""
    if type_info is None or isinstance(type_info, PickledBytesTypeInfo):
        return str
    return _or_null(_text_of(type_info))


def printer(type_info: TypeInformation | None) -> Formatter:
    """What `print` writes. As `formatter`, but PyFlink makes a Row's text in Python: `+I[a,1]`, fields by `str`."""
    return _printed_row if isinstance(type_info, RowTypeInfo) else formatter(type_info)


def lines(type_info: TypeInformation | None) -> Callable[[Sequence[Any]], str]:
    """The text of a batch: each value by `formatter`, with a newline behind it."""
    if isinstance(type_info, TupleTypeInfo):
        return _tuple_lines(type_info)
    text = formatter(type_info)
    return lambda values: "".join([text(v) + "\n" for v in values])


def double_text(value: float) -> str:
    """Java's `Double.toString`: shortest digits, scientific outside of [1e-3, 1e7)."""
    return _decimal_text(float(value), _shortest_double)


def float_text(value: float) -> str:
    """Java's `Float.toString`: shortest digits that tell it from other 32-bit floats."""
    return _decimal_text(_as_float32(float(value)), _shortest_float32)


def _decimal_text(value: float, shortest: Callable[[float], str]) -> str:
    if math.isnan(value):
        return "NaN"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if math.isinf(value):
        return f"{sign}Infinity"
    if value == 0:
        return f"{sign}0.0"
    mantissa, _, exponent = shortest(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    stripped = digits.lstrip("0")
    # value = 0.<stripped> * 10 ** point
    point = len(whole) - (len(digits) - len(stripped)) + int(exponent or 0)
    stripped = stripped.rstrip("0")
    if 1e-3 <= abs(value) < 1e7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{stripped}"
        return f"{sign}{stripped[:point].ljust(point, '0')}.{stripped[point:] or '0'}"
    return f"{sign}{stripped[0]}.{stripped[1:] or '0'}E{point - 1}"


def _as_float32(value: float) -> float:
    try:
        rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def _shortest_double(value: float) -> str:
    text = repr(value)
    # of one digit Java writes two, the nearest ones: 4.9E-324
    return text if sum(c.isdigit() and c != "0" for c in text.partition("e")[0]) > 1 else f"{value:.1e}"


def _shortest_float32(value: float) -> str:
    for precision in range(2, 10):
        text = f"{value:.{precision}g}"
        if _as_float32(float(text)) == value:
            return text
    return repr(value)


def _or_null(text: Formatter) -> Formatter:
    return lambda value: "null" if value is None else text(value)


def _text_of(type_info: TypeInformation) -> Formatter:
    """The text of a value of the type that is not None."""
    match type_info:
        case BasicTypeInfo():
            return _BASIC[type_info.basic_type]
        case TupleTypeInfo():
            return _fields_text("(", ",", ")", type_info.get_field_types(), lambda v: "")
        case RowTypeInfo():
            return _fields_text("[", ", ", "]", type_info.get_field_types(), _kind_of)
        case ListTypeInfo() | PrimitiveArrayTypeInfo() | BasicArrayTypeInfo() | ObjectArrayTypeInfo():
            element = formatter(type_info.element_type)
            return lambda value: f"[{', '.join([element(v) for v in value])}]"
        case MapTypeInfo():
            key, item = formatter(type_info.key_type), formatter(type_info.value_type)
            return lambda value: f"{{{', '.join([f'{key(k)}={item(v)}' for k, v in value.items()])}}}"
        case TimeTypeInfo():
            return lambda value: f"{value:%H:%M:%S}"
        case TimestampTypeInfo():
            return _timestamp_text
    return str


def _fields_text(
    opening: str, separator: str, closing: str, types: Sequence[TypeInformation], prefix: Callable[[Any], str]
) -> Formatter:
    texts = [formatter(t) for t in types]

    def text(value: Any) -> str:
        fields = separator.join([t(v) for t, v in zip(texts, value, strict=True)])
        return f"{prefix(value)}{opening}{fields}{closing}"

    return text


def _kind_of(value: Any) -> str:
    return str(value.get_row_kind()) if isinstance(value, Row) else "+I"


def _printed_row(value: Any) -> str:
    return "None" if value is None else f"{_kind_of(value)}[{','.join([str(v) for v in value])}]"


def _tuple_lines(type_info: TupleTypeInfo) -> Callable[[Sequence[Any]], str]:
    # The hot path of file sinks. Text and whole numbers go straight into the f-string; what is None, of another class
    # or of another type takes its formatter.
    names, parts, scope = [], [], {}
    for i, field in enumerate(type_info.get_field_types()):
        name, fallback = f"v{i}", f"t{i}"
        direct = _DIRECT.get(field.basic_type) if isinstance(field, BasicTypeInfo) else None
        scope[fallback] = formatter(field)
        names.append(name)
        parts.append(
            f"{{{name} if {name}.__class__ is {direct} else {fallback}({name})}}"
            if direct
            else f"{{{fallback}({name})}}"
        )
    source = f"lambda values: ''.join([f'({','.join(parts)})\\n' for ({','.join(names)},) in values])"
    compiled: Callable[[Sequence[Any]], str] = eval(source, scope)
    return compiled


def _timestamp_text(value: datetime) -> str:
    # java.sql.Timestamp, to which PyFlink hands milliseconds
    millis = f"{value.microsecond // 1000:03d}".rstrip("0")
    return f"{value:%Y-%m-%d %H:%M:%S}.{millis or '0'}"


def _instant_text(value: Instant) -> str:
    moment = datetime(1970, 1, 1) + timedelta(seconds=value.seconds)
    fraction = f"{value.nanos:09d}"
    while fraction.endswith("000"):
        fraction = fraction[:-3]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"


def _whole(value: Any) -> str:
    return f"{value:d}"


_DIRECT = {
    BasicType.STRING: "str",
    BasicType.BYTE: "int",
    BasicType.SHORT: "int",
    BasicType.INT: "int",
    BasicType.LONG: "int",
}
_BASIC: dict[BasicType, Formatter] = {
    BasicType.STRING: str,
    BasicType.CHAR: str,
    BasicType.BOOLEAN: lambda value: "true" if value else "false",
    BasicType.BYTE: _whole,
    BasicType.SHORT: _whole,
    BasicType.INT: _whole,
    BasicType.LONG: _whole,
    BasicType.BIG_INT: _whole,
    BasicType.BIG_DEC: str,
    BasicType.FLOAT: float_text,
    BasicType.DOUBLE: double_text,
    BasicType.INSTANT: _instant_text,
}
