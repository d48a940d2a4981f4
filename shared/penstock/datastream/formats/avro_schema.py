"""AvroSchema, and the type of streams of generic records, which are dicts."""

import json
import os
from pathlib import Path
from typing import Any

from penstock.common.typeinfo import TypeInformation
from penstock.datastream.formats.extras import fastavro


class AvroSchema:
    """A parsed schema. `str()` gives its JSON."""

    def __init__(self, text: str) -> None:
        """ValueError for what is no schema."""
        try:
            self._source = json.loads(text)
        except ValueError as e:
            raise ValueError(f"the Avro schema is no JSON: {e}") from None
        errors = fastavro("schema")
        try:
            #: as fastavro takes it
            self.parsed: Any = fastavro().parse_schema(self._source)
        except (errors.SchemaParseException, errors.UnknownType, KeyError, TypeError, ValueError) as e:
            raise ValueError(f"no Avro schema: {type(e).__name__} {e}") from None

    @staticmethod
    def parse_string(json_schema: str) -> "AvroSchema":
        """ValueError for what is no schema."""
        return AvroSchema(json_schema)

    @staticmethod
    def parse_file(file_path: str | os.PathLike[str]) -> "AvroSchema":
        """As `parse_string`, naming the file."""
        text = Path(file_path).read_text(encoding="utf-8")
        try:
            return AvroSchema(text)
        except ValueError as e:
            raise ValueError(f"{file_path}: {e}") from None

    def __str__(self) -> str:
        return json.dumps(self._source, separators=(",", ":"), ensure_ascii=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AvroSchema) and self._source == other._source

    def __hash__(self) -> int:
        return hash(str(self))

    def __getstate__(self) -> str:
        return str(self)

    def __setstate__(self, state: str) -> None:
        self.__init__(state)  # type: ignore[misc]


class GenericRecordAvroTypeInfo(TypeInformation):
    """Records of an Avro schema: dicts."""

    def __init__(self, schema: AvroSchema) -> None:
        self._schema = check_schema(schema)

    @property
    def schema(self) -> AvroSchema:
        return self._schema

    def _parts(self) -> tuple[object, ...]:
        return (self._schema,)

    def __repr__(self) -> str:
        return f"GenericRecordAvroTypeInfo({self._schema})"


def check_schema(schema: Any) -> AvroSchema:
    if not isinstance(schema, AvroSchema):
        raise TypeError(f"an AvroSchema is needed, such as AvroSchema.parse_string(…), not {schema!r}")
    return schema
