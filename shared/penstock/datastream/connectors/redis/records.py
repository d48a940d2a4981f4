"""Entries to records and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.common.serialization import DeserializationSchema, SerializationSchema
from penstock.common.types import Row

#: field and value, as bytes, one after the other
Fields = list[bytes]


def strings(key: str, entry: str, fields: Mapping[bytes, bytes]) -> dict[str, str]:
    """The default: field names and values as text. UnicodeDecodeError where they are none."""
    return {name.decode(): value.decode() for name, value in fields.items()}


@dataclass(frozen=True, slots=True)
class ValueOfField:
    """One field through a schema."""

    schema: DeserializationSchema
    field: bytes

    def __call__(self, key: str, entry: str, fields: Mapping[bytes, bytes]) -> Any:
        """KeyError names a field that the entry lacks."""
        if self.field not in fields:
            raise KeyError(f"no field {self.field.decode()!r}")
        return self.schema.deserialize(fields[self.field])


def fields_of(value: Any) -> Fields:
    """The default: a dict, or a row with names. TypeError for anything else, or a value that is neither text, bytes nor
    a number.
    """
    if isinstance(value, Row):
        value = value.as_dict()
    if not isinstance(value, Mapping) or not value:
        raise TypeError(
            f"a Redis stream takes dicts and rows with names that are not empty, not {value!r}; others need "
            "set_value_serializer or set_serializer"
        )
    return [part for name, content in value.items() for part in (_as_bytes(name), _as_bytes(content))]


@dataclass(frozen=True, slots=True)
class FieldOfValue:
    """One field, made by a schema."""

    schema: SerializationSchema
    field: bytes

    def __call__(self, value: Any) -> Fields:
        return [self.field, self.schema.serialize(value)]


@dataclass(frozen=True, slots=True)
class FieldsBy:
    """A user's function from record to fields."""

    function: Callable[[Any], Mapping[Any, Any]]

    def __call__(self, value: Any) -> Fields:
        return fields_of(self.function(value))


def _as_bytes(value: Any) -> bytes:
    match value:
        case bytes():
            return value
        case str():
            return value.encode()
        case bool():
            return b"true" if value else b"false"
        case int() | float():
            return repr(value).encode()
    raise TypeError(f"a field of a Redis stream is text, bytes or a number, not {value!r}")
