"""The fields of a record that a format reads or writes."""

from collections.abc import Sequence
from typing import Any

from penstock.common.typeinfo import RowTypeInfo, TypeInformation
from penstock.common.types import Row


def fields_of(record: Any, names: Sequence[str]) -> Sequence[Any]:
    """By position, as in PyFlink. TypeError for another number of them, or for what is no row."""
    if not isinstance(record, (Row, tuple, list)):
        raise TypeError(f"expected a Row with the fields {', '.join(names)}, got {type(record).__name__} {record!r}")
    if len(record) != len(names):
        raise TypeError(f"expected a Row with the fields {', '.join(names)}, got {len(record)} fields: {record!r}")
    return record if not isinstance(record, Row) else list(record)


def row_type_needed(type_info: TypeInformation) -> RowTypeInfo:
    """TypeError for a type that is none of a ROW."""
    if type_info is None:
        raise TypeError("Type information must not be None")
    if not isinstance(type_info, RowTypeInfo):
        raise TypeError(f"Row type information expected, not {type_info!r}")
    return type_info
