"""The fields of a record that a format writes."""

from collections.abc import Sequence
from typing import Any

from penstock.common.types import Row


def fields_of(record: Any, names: Sequence[str]) -> Sequence[Any]:
    """By position, as in PyFlink. TypeError for another number of them, or for what is no row."""
    if not isinstance(record, (Row, tuple, list)):
        raise TypeError(f"expected a Row with the fields {', '.join(names)}, got {type(record).__name__} {record!r}")
    if len(record) != len(names):
        raise TypeError(f"expected a Row with the fields {', '.join(names)}, got {len(record)} fields: {record!r}")
    return record if not isinstance(record, Row) else list(record)
