"""Row and RowKind. Source: `pyflink.common.types`."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

__all__ = ["Row", "RowKind"]


class RowKind(Enum):
    """How a row changes what is downstream of it."""

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    def __str__(self) -> str:
        return ("+I", "-U", "+U", "-D")[self.value]


class Row:
    """A record of fields, reached by position and, where they have names, by name.

    `Row("Alice", 11)` is positional, `Row(name="Alice", age=11)` named; `Person = Row("name", "age")` makes a template
    whose call `Person("Alice", 11)` gives named rows.
    """

    __slots__ = ("_fields", "_row_kind", "_values")

    _fields: list[str] | None
    _values: list[Any]
    _row_kind: RowKind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("Can not use both args and kwargs to create Row")
        self._row_kind = RowKind.INSERT
        self._fields = list(kwargs) if kwargs else None
        self._values = list(kwargs.values()) if kwargs else list(args)

    def as_dict(self, recursive: bool = False) -> dict[str, Any]:
        """Names to values; `recursive`: of the rows inside of it as well. TypeError without names."""
        if self._fields is None:
            raise TypeError("Cannot convert a Row class into dict: it has no field names")
        values = [_as_plain(v) for v in self._values] if recursive else self._values
        return dict(zip(self._fields, values, strict=False))

    def get_row_kind(self) -> RowKind:
        return self._row_kind

    def set_row_kind(self, row_kind: RowKind) -> None:
        self._row_kind = row_kind

    def set_field_names(self, field_names: Sequence[str]) -> None:
        self._fields = list(field_names)

    def get_fields_by_names(self, names: Sequence[str]) -> list[Any]:
        """The values of these fields, in the order of `names`; a row without names gives all of its values."""
        if self._fields is None or list(names) == self._fields:
            return self._values
        return [self[name] for name in names]

    @staticmethod
    def of_kind(row_kind: RowKind, *args: Any, **kwargs: Any) -> "Row":
        row = Row(*args, **kwargs)
        row._row_kind = row_kind
        return row

    def __call__(self, *args: Any) -> "Row":
        """A row whose names are this row's values."""
        if len(args) > len(self._values):
            raise ValueError(
                f"Can not create Row with fields {self._values}, expected {len(self._values)} values but got {args}"
            )
        row = Row(*args)
        row._fields = [str(v) for v in self._values]
        return row

    def _index(self, name: str) -> int:
        if self._fields is None:
            raise AttributeError(f"this row has no field names, so none is {name!r}: {self!r}")
        try:
            return self._fields.index(name)
        except ValueError:
            raise ValueError(name) from None

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, (int, slice)):
            return self._values[item]
        return self._values[self._index(item)]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, (int, slice)):
            self._values[key] = value
        else:
            self._values[self._index(key)] = value

    def __getattr__(self, item: str) -> Any:
        if item.startswith("_") or self._fields is None or item not in self._fields:
            raise AttributeError(item)
        return self._values[self._fields.index(item)]

    def __contains__(self, item: Any) -> bool:
        return item in (self._values if self._fields is None else self._fields)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return False
        return self._row_kind == other._row_kind and self._fields == other._fields and self._values == other._values

    def __hash__(self) -> int:
        return hash((self._row_kind, tuple(self._values)))

    def __repr__(self) -> str:
        if self._fields is None:
            return f"<Row({', '.join(repr(v) for v in self._values)})>"
        named = zip(self._fields, self._values, strict=False)
        return f"Row({', '.join(f'{name}={value!r}' for name, value in named)})"

    def __getstate__(self) -> tuple[list[str] | None, list[Any], int]:
        return self._fields, self._values, self._row_kind.value

    def __copy__(self) -> "Row":
        """A row of its own: by the pickled state alone both would share the list of values."""
        row = Row(*self._values)
        row._fields = None if self._fields is None else list(self._fields)
        row._row_kind = self._row_kind
        return row

    def __setstate__(self, state: tuple[list[str] | None, list[Any], int]) -> None:
        # lists of its own: `copy.copy` hands the state of the original over
        self._fields = None if state[0] is None else list(state[0])
        self._values = list(state[1])
        self._row_kind = RowKind(state[2])


def _as_plain(value: Any) -> Any:
    if isinstance(value, Row):
        return value.as_dict(True)
    if isinstance(value, list):
        return [_as_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _as_plain(v) for k, v in value.items()}
    return value
