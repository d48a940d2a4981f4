"""TypeSerializer. Source: `pyflink.common.serializer`."""

from abc import ABC, abstractmethod
from typing import BinaryIO, Generic, TypeVar

__all__ = ["TypeSerializer"]

T = TypeVar("T")


class TypeSerializer(ABC, Generic[T]):
    """Writes values to a stream and reads them back. Two of the same class and the same settings are equal."""

    @abstractmethod
    def serialize(self, element: T, stream: BinaryIO) -> None: ...

    @abstractmethod
    def deserialize(self, stream: BinaryIO) -> T: ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.__dict__ == other.__dict__

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self), str(self.__dict__)))


class VoidNamespaceSerializer(TypeSerializer[bytes]):
    """The namespace of state that has none: nothing is written."""

    def serialize(self, element: bytes, stream: BinaryIO) -> None:
        """Writes nothing."""

    def deserialize(self, stream: BinaryIO) -> bytes:
        return b""
