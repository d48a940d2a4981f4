"""The source behind `env.from_collection`: the elements travel with the job."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.common.typeinfo import PickledBytesTypeInfo, TypeInformation
from penstock.operators.specs import ReaderContext


def converted_elements(elements: Iterable[Any], type_info: TypeInformation) -> tuple[Any, ...]:
    """The elements as values of the type; None stays. TypeMismatchError names the first that does not fit."""
    if isinstance(type_info, PickledBytesTypeInfo):
        return tuple(elements)
    from penstock.common.type_conversion import TypeMismatchError, converter

    convert, converted = converter(type_info, "element"), []
    for index, element in enumerate(elements):
        try:
            converted.append(None if element is None else convert(element))
        except TypeMismatchError as e:
            raise TypeMismatchError(
                f"element {index} of the collection is not of its type {type_info!r}: {e}"
            ) from None
    return tuple(converted)


@dataclass(slots=True)
class CollectionSource:
    """Bounded, read by one subtask in order. A split is the position of the next element."""

    deterministic = True

    elements: tuple[Any, ...]
    bounded: bool = field(default=True, init=False)

    def enumerate_splits(self, parallelism: int) -> list[int]:
        return [0]

    def create_reader(self, context: ReaderContext) -> "CollectionReader":
        return CollectionReader(self.elements)


class CollectionReader:
    """Source: Flink's `FromElementsGeneratorFunction`."""

    def __init__(self, elements: Sequence[Any]) -> None:
        self._elements = elements
        self._position: int | None = None  # no split: nothing to read, and nothing to hand on

    def add_splits(self, splits: Sequence[int]) -> None:
        for position in splits:
            self._position = position

    def poll(self, max_records: int) -> list[Any] | None:
        if self._position is None:
            return None
        batch = list(self._elements[self._position : self._position + max_records])
        self._position += len(batch)
        return batch or None

    def snapshot(self) -> list[int]:
        return [] if self._position is None else [self._position]

    def close(self) -> None:
        self._elements = ()
