"""Fields of CSV as values, and values as fields."""

import base64
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from penstock.common.java_format import double_text, float_text
from penstock.common.type_conversion import as_float32
from penstock.datastream.formats import java_numbers
from penstock.datastream.formats.csv_dialect import CsvDialect
from penstock.datastream.formats.csv_schema import CsvColumn, CsvSchema
from penstock.table.types import ArrayType, AtomicType, DataType, DecimalType

Parse = Callable[[str], Any]
Write = Callable[[Any], str]

BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
#: texts above this length are quoted without a look at them
_LONGEST_PLAIN = 24


def is_true(text: str) -> bool:
    return text.strip().lower() == "true"


def parser(data_type: DataType) -> Parse:
    """Raises ValueError."""
    match data_type:
        case AtomicType(kind="BOOLEAN"):
            return is_true
        case AtomicType(kind="FLOAT"):
            return lambda text: as_float32(java_numbers.floating(text))
        case AtomicType(kind="DOUBLE"):
            return java_numbers.floating
        case AtomicType() if data_type.kind in BITS:
            bits = BITS[data_type.kind]
            return lambda text: java_numbers.whole(text.strip(), bits)
        case DecimalType():
            precision, scale = data_type.precision, data_type.scale
            return lambda text: java_numbers.as_decimal(java_numbers.decimal(text.strip()), precision, scale)
    return str


def column_parser(column: CsvColumn, null_value: str | None) -> Parse:
    if not isinstance(column.data_type, ArrayType):
        return or_null(parser(column.data_type), null_value)
    element, separator = or_null(parser(column.data_type.element_type), null_value), column.separator
    if not separator:
        return lambda text: [element(text)] if text else []
    return lambda text: [element(part) for part in text.split(separator)] if text else []


def or_null(parse: Parse, null_value: str | None) -> Parse:
    return parse if null_value is None else lambda text: None if text == null_value else parse(text)


def quoting(dialect: CsvDialect) -> Write:
    """A text as a field: quoted where it is long, or has what might need it."""
    quote = dialect.quote
    if quote is None:
        return str
    # characters up to the last one of those that structure a file; the escape character, by default a backslash
    least_safe = max(dialect.separator, quote, "\r")
    escape = dialect.escape or "\\"
    suspicious = re.compile(f"[\\x00-{re.escape(least_safe)}{re.escape(escape)}]").search
    doubled = {ord(quote): quote * 2} | ({} if dialect.escape is None else {ord(escape): escape * 2})

    def field(text: str) -> str:
        if len(text) <= _LONGEST_PLAIN and not suspicious(text):
            return text
        return f"{quote}{text.translate(doubled)}{quote}"

    return field


def writer(data_type: DataType) -> Write:
    """The text of a value that is not None."""
    match data_type:
        case AtomicType(kind="BOOLEAN"):
            return lambda value: "true" if value else "false"
        case AtomicType(kind="FLOAT"):
            return float_text
        case AtomicType(kind="DOUBLE"):
            return double_text
        case AtomicType() if data_type.kind in BITS:
            return lambda value: f"{value:d}"
        case DecimalType():
            return decimal_text
    return as_text


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    raise TypeError(f"expected a str, got {type(value).__name__} {value!r}")


def decimal_text(value: Decimal) -> str:
    """Without zeros at its end, as Jackson writes a node."""
    normal = Decimal(value).normalize()
    sign, digits, exponent = normal.as_tuple()
    if not isinstance(exponent, int) or exponent <= 0 or normal == 0:
        return f"{normal:f}" if normal else "0"
    shown = "".join(map(str, digits))
    mantissa = shown if len(shown) == 1 else f"{shown[0]}.{shown[1:]}"
    return f"{'-' if sign else ''}{mantissa}E+{exponent + len(shown) - 1}"


def column_writer(column: CsvColumn, schema: CsvSchema) -> Write:
    """A field as it stands in the file."""
    null, quoted = schema.null_value or "", quoting(schema.dialect)
    if isinstance(column.data_type, ArrayType):
        element, separator = writer(column.data_type.element_type), column.separator

        def array(value: Any) -> str:
            return null if value is None else quoted(separator.join(["" if v is None else element(v) for v in value]))

        return array
    text = writer(column.data_type)
    if text is as_text:
        return lambda value: null if value is None else quoted(as_text(value))
    return lambda value: null if value is None else text(value)
