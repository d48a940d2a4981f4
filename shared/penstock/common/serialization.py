"""Schemas and encoders: records as bytes. Source: `pyflink.common.serialization`."""

import codecs
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NoReturn

from penstock.common.java_format import lines
from penstock.common.jvm import no_jvm
from penstock.common.typeinfo import TypeInformation, Types

__all__ = [
    "BulkWriter",
    "BulkWriterFactory",
    "ByteArraySchema",
    "DeserializationSchema",
    "Encoder",
    "RowDataBulkWriterFactory",
    "RowFieldExtractorSchema",
    "SerializationSchema",
    "SimpleStringSchema",
]


def check_charset(charset_name: str) -> str:
    """The charset's name as Python has it. ValueError where there is none of that name."""
    try:
        return codecs.lookup(charset_name).name
    except LookupError:
        raise ValueError(f"unknown charset {charset_name!r}") from None


class SerializationSchema:
    """Record to bytes."""

    def serialize(self, element: Any) -> bytes:
        raise NotImplementedError(f"{type(self).__name__} cannot serialize")


class DeserializationSchema:
    """Bytes to record."""

    def deserialize(self, message: bytes) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot deserialize")

    def get_produced_type(self) -> TypeInformation:
        return Types.PICKLED_BYTE_ARRAY()


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Text; what the charset lacks is replaced, as in Java."""

    def __init__(self, charset: str = "UTF-8") -> None:
        self._charset = check_charset(charset)

    def serialize(self, element: Any) -> bytes:
        return str(element).encode(self._charset, "replace")

    def deserialize(self, message: bytes) -> str:
        return message.decode(self._charset, "replace")

    def get_produced_type(self) -> TypeInformation:
        return Types.STRING()


class ByteArraySchema(SerializationSchema, DeserializationSchema):
    """Bytes as they are."""

    def serialize(self, element: Any) -> bytes:
        return bytes(element)

    def deserialize(self, message: bytes) -> bytes:
        return message


class RowFieldExtractorSchema(SerializationSchema):
    """One field of a row, which holds bytes."""

    def __init__(self, field_index: int) -> None:
        if field_index < 0:
            raise ValueError(f"field_index must not be negative: {field_index}")
        self._field_index = field_index

    def serialize(self, element: Any) -> bytes:
        """TypeError where the field is no bytes."""
        value = element[self._field_index]
        if not isinstance(value, (bytes, bytearray)):
            raise TypeError(f"field {self._field_index} of {element!r} must be bytes, not {type(value).__name__}")
        return bytes(value)


class Encoder:
    """How a row-format sink writes records."""

    def __init__(self, charset_name: str) -> None:
        self._charset = check_charset(charset_name)

    @staticmethod
    def simple_string_encoder(charset_name: str = "UTF-8") -> "Encoder":
        """One record a line, as the type's text (`penstock.common.java_format`). ValueError for an unknown charset."""
        return Encoder(charset_name)

    def open(self, type_info: TypeInformation | None, begun: bool = False) -> Callable[[Sequence[Any]], bytes]:
        """The encoding of one file: batches to bytes. Make a new one for each file: a charset may begin with a mark.

        `begun`: the file goes on behind what it already has.
        """
        text = lines(type_info)
        encode = codecs.getincrementalencoder(self._charset)("replace").encode
        if begun:
            encode("")  # the mark
        return lambda values: encode(text(values))


class BulkWriter:
    """Writes one file of a bulk format. One of `finish` and `abandon` is called last."""

    def add(self, values: Sequence[Any]) -> None:
        """Records, which need not be in the file before `finish`."""
        raise NotImplementedError(f"{type(self).__name__} has to define add")

    def finish(self) -> None:
        """Write what is left, and the file's end. The file is closed by who opened it."""
        raise NotImplementedError(f"{type(self).__name__} has to define finish")

    def abandon(self) -> None:
        """Nobody will read the file: free what the writer holds."""


class BulkWriterFactory:
    """How a bulk-format sink writes files. Subclasses write formats of their own."""

    def create(self, file: BinaryIO, type_info: TypeInformation | None) -> BulkWriter:
        """A writer into the empty file, for records of the type (None: pickled objects)."""
        raise NotImplementedError(f"{type(self).__name__} has to define create")

    def get_java_object(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_object()")


class RowDataBulkWriterFactory(BulkWriterFactory):
    """Writes rows of a row type: `get_row_type()` gives the type's fields with their names (`DataTypes.ROW`)."""

    def get_row_type(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has to define get_row_type")
