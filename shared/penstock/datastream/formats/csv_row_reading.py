"""CsvRowDeserializationSchema: lines of CSV, in messages, as rows."""

import base64
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from penstock.common.serialization import DeserializationSchema
from penstock.common.type_conversion import as_float32
from penstock.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    ListTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TypeInformation,
)
from penstock.common.types import Row
from penstock.datastream.formats import java_numbers
from penstock.datastream.formats.csv_dialect import CsvDialect
from penstock.datastream.formats.csv_schema import one_character
from penstock.datastream.formats.csv_values import Parse, is_true, or_null
from penstock.datastream.formats.message_error import MessageError
from penstock.datastream.formats.row_fields import row_type_needed

_BITS = {BasicType.BYTE: 8, BasicType.SHORT: 16, BasicType.INT: 32, BasicType.LONG: 64}
_ARRAYS = (BasicArrayTypeInfo, ObjectArrayTypeInfo, PrimitiveArrayTypeInfo, ListTypeInfo)


class CsvRowDeserializationSchema(DeserializationSchema):
    """The first record of a message as a Row. Made by its Builder."""

    def __init__(
        self, type_info: RowTypeInfo, dialect: CsvDialect, array_delimiter: str, null: str | None, ignores: bool
    ) -> None:
        self._type_info, self._dialect = type_info, dialect
        self._array_delimiter, self._null, self._ignores = array_delimiter, null, ignores
        self._row: Callable[[list[str]], Row] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_row": None}

    def get_produced_type(self) -> RowTypeInfo:
        return self._type_info

    def deserialize(self, message: bytes) -> Row | None:
        """MessageError; ignoring errors None, and fields that cannot be read are None."""
        if self._row is None:
            self._row = _row_parser(self._type_info, self._array_delimiter, self._null, self._ignores)
        try:
            lines = iter(message.decode("utf-8", "replace").splitlines(keepends=True))
            line = next((found for found in lines if not self._dialect.is_comment(found)), None)
            if line is None:
                raise ValueError("there is no record in it")
            return self._row(self._dialect.splitter().split(line, lambda: next(lines, None)))
        except ValueError as e:
            if self._ignores:
                return None
            raise MessageError("CSV row", message, e) from None

    class Builder:
        """`type_info`: of a ROW."""

        def __init__(self, type_info: TypeInformation) -> None:
            self._type_info = row_type_needed(type_info)
            self._separator, self._array_delimiter = ",", ";"
            self._quote: str | None = '"'
            self._escape: str | None = None
            self._null: str | None = None
            self._comments = self._ignores = False

        def set_field_delimiter(self, delimiter: str) -> "CsvRowDeserializationSchema.Builder":
            self._separator = one_character("field delimiter", delimiter)
            return self

        def set_allow_comments(self, allow_comments: bool) -> "CsvRowDeserializationSchema.Builder":
            self._comments = allow_comments
            return self

        def set_array_element_delimiter(self, delimiter: str) -> "CsvRowDeserializationSchema.Builder":
            """Between the elements of arrays, and the fields of rows inside of the row."""
            self._array_delimiter = delimiter
            return self

        def set_quote_character(self, c: str) -> "CsvRowDeserializationSchema.Builder":
            self._quote = one_character("quote character", c)
            return self

        def set_escape_character(self, c: str) -> "CsvRowDeserializationSchema.Builder":
            self._escape = one_character("escape character", c)
            return self

        def set_null_literal(self, null_literal: str) -> "CsvRowDeserializationSchema.Builder":
            self._null = null_literal
            return self

        def set_ignore_parse_errors(self, ignore_parse_errors: bool) -> "CsvRowDeserializationSchema.Builder":
            self._ignores = ignore_parse_errors
            return self

        def build(self) -> "CsvRowDeserializationSchema":
            dialect = CsvDialect(self._separator, self._quote, self._escape, self._comments)
            return CsvRowDeserializationSchema(
                self._type_info, dialect, self._array_delimiter, self._null, self._ignores
            )


def _row_parser(row: RowTypeInfo, delimiter: str, null: str | None, ignores: bool) -> Callable[[list[str]], Row]:
    names = row.get_field_names()
    parsers = [or_null(_field_parser(t, delimiter, null, ignores), null) for t in row.get_field_types()]

    def parse(texts: list[str]) -> Row:
        if len(texts) > len(parsers):
            raise ValueError(f"Too many entries: expected at most {len(parsers)}, was {len(texts)}")
        if len(texts) < len(parsers) and not ignores:
            raise ValueError(f"Row length mismatch. {len(parsers)} fields expected but was {len(texts)}.")
        values: list[Any] = []
        for name, parser, text in zip(names, parsers, texts, strict=False):
            try:
                values.append(parser(text))
            except ValueError as e:
                if not ignores:
                    raise ValueError(f"field {name!r}: {e}") from None
                values.append(None)
        result = Row(*values, *[None] * (len(names) - len(values)))
        result.set_field_names(names)
        return result

    return parse


def _field_parser(type_info: TypeInformation, delimiter: str, null: str | None, ignores: bool) -> Parse:
    match type_info:
        case PrimitiveArrayTypeInfo(element_type=BasicTypeInfo(basic_type=BasicType.BYTE)):
            return lambda text: base64.b64decode(text, validate=True)
        case _ if isinstance(type_info, _ARRAYS):
            element = or_null(_field_parser(type_info.element_type, delimiter, null, ignores), null)
            return lambda text: [element(part) for part in text.split(delimiter)] if text else []
        case RowTypeInfo():
            parse = _row_parser(type_info, delimiter, null, ignores)
            return lambda text: parse(text.split(delimiter)) if text else None
        case DateTypeInfo():
            return date.fromisoformat
        case TimeTypeInfo():
            return lambda text: datetime.strptime(text, "%H:%M:%S").time()
        case TimestampTypeInfo():
            return _timestamp
        case BasicTypeInfo() if type_info.basic_type in _BITS:
            bits = _BITS[type_info.basic_type]
            return lambda text: java_numbers.whole(text.strip(), bits)
        case BasicTypeInfo():
            return _BASIC.get(type_info.basic_type, str)
    raise TypeError(f"{type_info!r} cannot be a field of CSV")


def _timestamp(text: str) -> datetime:
    day, _, _ = text.partition(" ")
    if len(day) == len(text):
        raise ValueError(f"{text!r} is no timestamp: yyyy-mm-dd hh:mm:ss[.fffffffff]")
    whole, _, fraction = text.partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S")
    if fraction and not (fraction.isdigit() and len(fraction) <= 9):
        raise ValueError(f"{text!r} is no timestamp: yyyy-mm-dd hh:mm:ss[.fffffffff]")
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0)


def _big_int(text: str) -> int:
    number = java_numbers.decimal(text.strip())
    if number != int(number) or "." in text or "e" in text.lower():
        raise ValueError(f"{text!r} is no whole number")
    return int(number)


_BASIC: dict[BasicType, Parse] = {
    BasicType.BOOLEAN: is_true,
    BasicType.FLOAT: lambda text: as_float32(java_numbers.floating(text)),
    BasicType.DOUBLE: java_numbers.floating,
    BasicType.BIG_DEC: lambda text: java_numbers.decimal(text.strip()),
    BasicType.BIG_INT: _big_int,
}
