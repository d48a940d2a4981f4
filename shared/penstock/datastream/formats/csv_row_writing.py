"""CsvRowSerializationSchema: rows as lines of CSV, in messages."""

import base64
from collections.abc import Callable, Sequence
from datetime import time
from typing import Any

from penstock.common.java_format import formatter
from penstock.common.serialization import SerializationSchema
from penstock.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicType,
    BasicTypeInfo,
    ListTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimeTypeInfo,
    TypeInformation,
)
from penstock.datastream.formats.csv_dialect import CsvDialect
from penstock.datastream.formats.csv_schema import one_character
from penstock.datastream.formats.csv_values import quoting
from penstock.datastream.formats.row_fields import fields_of, row_type_needed

_LINE_DELIMITERS = ("\n", "\r", "\r\n", "")
_ARRAYS = (BasicArrayTypeInfo, ObjectArrayTypeInfo, PrimitiveArrayTypeInfo, ListTypeInfo)


class CsvRowSerializationSchema(SerializationSchema):
    """A Row as a line of CSV. Made by its Builder."""

    def __init__(
        self, type_info: RowTypeInfo, dialect: CsvDialect, array_delimiter: str, line_delimiter: str, null: str
    ) -> None:
        self._type_info, self._dialect = type_info, dialect
        self._array_delimiter, self._line_delimiter, self._null = array_delimiter, line_delimiter, null
        self._texts: list[Callable[[Any], str]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_texts": None}

    def serialize(self, element: Any) -> bytes:
        """TypeError for what does not fit the type."""
        if self._texts is None:
            self._texts = self._writers()
        fields = fields_of(element, self._type_info.get_field_names())
        line = self._dialect.separator.join(
            [self._null if v is None else text(v) for text, v in zip(self._texts, fields, strict=True)]
        )
        return (line + self._line_delimiter).encode()

    def _writers(self) -> list[Callable[[Any], str]]:
        quoted = quoting(self._dialect)
        return [_quotable(_text_of(t, self._array_delimiter), t, quoted) for t in self._type_info.get_field_types()]

    class Builder:
        """`type_info`: of a ROW."""

        def __init__(self, type_info: TypeInformation) -> None:
            self._type_info = row_type_needed(type_info)
            self._separator, self._array_delimiter, self._line_delimiter = ",", ";", "\n"
            self._quote: str | None = '"'
            self._escape: str | None = None
            self._null = ""

        def set_field_delimiter(self, c: str) -> "CsvRowSerializationSchema.Builder":
            self._separator = one_character("field delimiter", c)
            return self

        def set_line_delimiter(self, delimiter: str) -> "CsvRowSerializationSchema.Builder":
            """Behind each row; "" for none."""
            if delimiter not in _LINE_DELIMITERS:
                raise ValueError(
                    "Unsupported new line delimiter. Only \\n, \\r, \\r\\n, or empty string are supported."
                )
            self._line_delimiter = delimiter
            return self

        def set_array_element_delimiter(self, delimiter: str) -> "CsvRowSerializationSchema.Builder":
            """Between the elements of arrays, and the fields of rows inside of the row."""
            self._array_delimiter = delimiter
            return self

        def disable_quote_character(self) -> "CsvRowSerializationSchema.Builder":
            self._quote = None
            return self

        def set_quote_character(self, c: str) -> "CsvRowSerializationSchema.Builder":
            self._quote = one_character("quote character", c)
            return self

        def set_escape_character(self, c: str) -> "CsvRowSerializationSchema.Builder":
            self._escape = one_character("escape character", c)
            return self

        def set_null_literal(self, s: str) -> "CsvRowSerializationSchema.Builder":
            self._null = s
            return self

        def build(self) -> "CsvRowSerializationSchema":
            dialect = CsvDialect(self._separator, self._quote, self._escape)
            return CsvRowSerializationSchema(
                self._type_info, dialect, self._array_delimiter, self._line_delimiter, self._null
            )


def _quotable(
    text: Callable[[Any], str], type_info: TypeInformation, quoted: Callable[[str], str]
) -> Callable[[Any], str]:
    numbers = (BasicType.STRING, BasicType.CHAR)
    if isinstance(type_info, BasicTypeInfo) and type_info.basic_type not in numbers:
        return text
    return lambda value: quoted(text(value))


def _text_of(type_info: TypeInformation, delimiter: str) -> Callable[[Any], str]:
    match type_info:
        case PrimitiveArrayTypeInfo(element_type=BasicTypeInfo(basic_type=BasicType.BYTE)):
            return lambda value: base64.b64encode(bytes(value)).decode()
        case _ if isinstance(type_info, _ARRAYS):
            element = _text_of(type_info.element_type, delimiter)
            return lambda value: delimiter.join(["" if v is None else element(v) for v in value])
        case RowTypeInfo():
            fields: Sequence[Callable[[Any], str]] = [_text_of(t, delimiter) for t in type_info.get_field_types()]
            names = type_info.get_field_names()
            return lambda value: delimiter.join(
                ["" if v is None else text(v) for text, v in zip(fields, fields_of(value, names), strict=True)]
            )
        case TimeTypeInfo():
            return lambda value: f"{value:%H:%M:%S}" if isinstance(value, time) else str(value)
    return formatter(type_info)
