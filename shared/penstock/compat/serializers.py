"""Python objects on byte streams, each with its length before it. Source: `pyflink.serializers`."""

import pickle
import struct
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from penstock.common.serializer import TypeSerializer


class SpecialLengths:
    """Lengths that are none."""

    END_OF_DATA_SECTION = -1
    NULL = -2


class IterableSerializer(TypeSerializer[Any]):
    """Writes all elements of an iterable, and reads them as an iterator."""


class VarLengthDataSerializer(IterableSerializer):
    """An element is its length (int32, big endian) and its bytes."""

    @abstractmethod
    def dumps(self, obj: Any) -> bytes: ...

    @abstractmethod
    def loads(self, obj: bytes) -> Any: ...

    def serialize(self, iterable: Iterable[Any], stream: BinaryIO) -> None:
        for element in iterable:
            data = self.dumps(element)
            write_int(len(data), stream)
            stream.write(data)

    def deserialize(self, stream: BinaryIO) -> Iterator[Any]:
        """Until the stream or its data section ends. EOFError where it ends within an element."""
        while True:
            try:
                length = read_int(stream)
            except EOFError:
                return
            if length == SpecialLengths.END_OF_DATA_SECTION:
                return
            if length == SpecialLengths.NULL:
                yield None
                continue
            data = stream.read(length)
            if len(data) < length:
                raise EOFError(f"the stream ends after {len(data)} of an element's {length} bytes")
            yield self.loads(data)


class PickleSerializer(VarLengthDataSerializer):
    """Pickled objects."""

    def dumps(self, obj: Any) -> bytes:
        return pickle.dumps(obj, protocol=5)

    def loads(self, obj: bytes) -> Any:
        return pickle.loads(obj)


class BatchedSerializer(IterableSerializer):
    """Writes `batch_size` elements at a time as one list."""

    UNLIMITED_BATCH_SIZE = -1
    UNKNOWN_BATCH_SIZE = 0

    def __init__(self, serializer: IterableSerializer, batch_size: int = UNLIMITED_BATCH_SIZE) -> None:
        self.serializer = serializer
        self.batch_size = batch_size

    def serialize(self, iterator: Iterable[Any], stream: BinaryIO) -> None:
        self.serializer.serialize(self._batches(iterator), stream)

    def deserialize(self, stream: BinaryIO) -> Iterator[Any]:
        for batch in self.serializer.deserialize(stream):
            yield from batch

    def _batches(self, iterator: Iterable[Any]) -> Iterator[list[Any]]:
        if self.batch_size == self.UNLIMITED_BATCH_SIZE:
            yield list(iterator)
            return
        elements = iter(iterator)
        while batch := list(islice(elements, self.batch_size)):
            yield batch

    def __repr__(self) -> str:
        return f"BatchedSerializer({self.serializer}, {self.batch_size})"


def read_int(stream: BinaryIO) -> int:
    """An int32. EOFError at the end of the stream."""
    data = stream.read(4)
    if len(data) < 4:
        raise EOFError("the stream has ended")
    value: int = struct.unpack("!i", data)[0]
    return value


def write_int(value: int, stream: BinaryIO) -> None:
    """An int32."""
    stream.write(struct.pack("!i", value))
