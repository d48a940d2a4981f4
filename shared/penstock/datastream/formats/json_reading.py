"""JsonRowDeserializationSchema: JSON objects as rows."""

import json
from typing import Any, NoReturn

from penstock.common.serialization import DeserializationSchema
from penstock.common.typeinfo import RowTypeInfo, TypeInformation
from penstock.common.types import Row
from penstock.datastream.formats.json_nodes import Convert, row_converter
from penstock.datastream.formats.json_schema import type_info_of_schema
from penstock.datastream.formats.message_error import MessageError


class JsonRowDeserializationSchema(DeserializationSchema):
    """A message is one object; fields by name, what is missing is None. Made by its Builder."""

    def __init__(self, type_info: RowTypeInfo, fails_on_missing: bool, ignores_errors: bool) -> None:
        self._type_info = type_info
        self._fails_on_missing, self._ignores_errors = fails_on_missing, ignores_errors
        self._convert: Convert | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_convert": None}

    @staticmethod
    def builder() -> "JsonRowDeserializationSchema.Builder":
        return JsonRowDeserializationSchema.Builder()

    def get_produced_type(self) -> RowTypeInfo:
        return self._type_info

    def deserialize(self, message: bytes) -> Row | None:
        """MessageError; ignoring errors None, and fields that cannot be read are None."""
        if self._convert is None:
            self._convert = row_converter(self._type_info, self._fails_on_missing, self._ignores_errors)
        try:
            node = _decoded(message)
            row: Row | None = None if node is None else self._convert(node)
        except (ValueError, RecursionError) as e:
            if self._ignores_errors:
                return None
            raise MessageError("JSON", message, e) from None
        return row

    class Builder:
        """A type or a JSON schema is needed."""

        def __init__(self) -> None:
            self._type_info: RowTypeInfo | None = None
            self._fails_on_missing = self._ignores_errors = False

        def type_info(self, type_info: TypeInformation) -> "JsonRowDeserializationSchema.Builder":
            if not isinstance(type_info, RowTypeInfo):
                raise TypeError(f"Row type information expected, not {type_info!r}")
            self._type_info = type_info
            return self

        def json_schema(self, json_schema: str) -> "JsonRowDeserializationSchema.Builder":
            """The type by a JSON schema of an object. ValueError for one that has no type here."""
            if json_schema is None:
                raise TypeError("The json_schema must not be None.")
            self._type_info = type_info_of_schema(json_schema)
            return self

        def fail_on_missing_field(self) -> "JsonRowDeserializationSchema.Builder":
            self._fails_on_missing = True
            return self

        def ignore_parse_errors(self) -> "JsonRowDeserializationSchema.Builder":
            """A message that is no JSON object is None; so is a field that cannot be read."""
            self._ignores_errors = True
            return self

        def build(self) -> "JsonRowDeserializationSchema":
            if self._type_info is None:
                raise TypeError("Typeinfo should be set: type_info(…) or json_schema(…)")
            if self._fails_on_missing and self._ignores_errors:
                raise ValueError("JSON format doesn't support failOnMissingField and ignoreParseErrors are both true.")
            return JsonRowDeserializationSchema(self._type_info, self._fails_on_missing, self._ignores_errors)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _decoded(message: bytes) -> Any:
    """The first JSON value of the message, as Jackson reads it: what follows it counts for nothing."""
    text = message.decode("utf-8")
    node, _ = _DECODER.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
    return node
