"""The function behind `DataStream.project`."""

from collections.abc import Sequence
from typing import Any

from penstock.datastream.functions import MapFunction


class Projection(MapFunction):
    """A tuple of the fields at these positions."""

    deterministic = True

    def __init__(self, field_indexes: Sequence[int]) -> None:
        self._field_indexes = tuple(field_indexes)

    def map(self, value: Any) -> tuple[Any, ...]:
        return tuple([value[i] for i in self._field_indexes])
