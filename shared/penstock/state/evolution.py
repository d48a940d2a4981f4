"""A state whose declared type has changed since it was written: how its values become those of the new type.

Numbers may get wider, a row may get fields, which are None in what was written before, and anything may become a
pickled object. Fields of rows are matched by name where both types have names, else by position.
"""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.common.basic_typeinfo import BasicType, BasicTypeInfo, PickledBytesTypeInfo, TypeInformation
from penstock.common.typeinfo import (
    BasicArrayTypeInfo,
    ListTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TupleTypeInfo,
)
from penstock.common.types import Row

Convert = Callable[[Any], Any]

_B = BasicType
#: each may become any of those behind it
_WIDENING = ((_B.BYTE, _B.SHORT, _B.INT, _B.LONG, _B.BIG_INT), (_B.FLOAT, _B.DOUBLE), (_B.CHAR, _B.STRING))
_ELEMENTS = (BasicArrayTypeInfo, ListTypeInfo, ObjectArrayTypeInfo, PrimitiveArrayTypeInfo)


class IncompatibleTypes(Exception):  # noqa: N818 (an answer, not a fault)
    """Says what about the new type keeps values of the old one from being read as such."""


def conversion(written: TypeInformation, declared: TypeInformation) -> Convert | None:
    """From a value of the one type to one of the other; None where it is the same. IncompatibleTypes."""
    match written, declared:
        case _, PickledBytesTypeInfo():
            return None
        case BasicTypeInfo(), BasicTypeInfo():
            return _basic(written.basic_type, declared.basic_type)
        case RowTypeInfo(), RowTypeInfo():
            return _row(written, declared)
        case TupleTypeInfo(), TupleTypeInfo():
            return _tuple(written, declared)
        case MapTypeInfo(), MapTypeInfo():
            if conversion(written.key_type, declared.key_type) is not None:
                raise IncompatibleTypes("the keys of a map cannot be converted")
            of_value = conversion(written.value_type, declared.value_type)
            return None if of_value is None else lambda value: {k: _nullable(of_value, v) for k, v in value.items()}
    if isinstance(written, _ELEMENTS) and type(written) is type(declared):
        assert isinstance(declared, _ELEMENTS)
        of_element = conversion(written.element_type, declared.element_type)
        return None if of_element is None else lambda value: [_nullable(of_element, e) for e in value]
    if written != declared:
        raise IncompatibleTypes(f"{written!r} does not become {declared!r}")
    return None


def _basic(written: BasicType, declared: BasicType) -> Convert | None:
    if written is declared:
        return None
    for chain in _WIDENING:
        if written in chain and declared in chain:
            if chain.index(written) < chain.index(declared):
                return None  # the same Python object
            raise IncompatibleTypes(f"{declared.name} has not room for every {written.name}")
    raise IncompatibleTypes(f"{written.name} does not become {declared.name}")


def _row(written: RowTypeInfo, declared: RowTypeInfo) -> Convert | None:
    old, new = written.get_field_names(), declared.get_field_names()
    if written._is_named and declared._is_named:
        gone = [name for name in old if name not in new]
        sources = [old.index(name) if name in old else None for name in new]
    else:
        gone = old[len(new) :]
        sources = [i if i < len(old) else None for i in range(len(new))]
    if gone:
        raise IncompatibleTypes(f"the field {gone[0]!r} is gone")
    converts: list[Convert | None] = []
    for name, source, type_info in zip(new, sources, declared.get_field_types(), strict=True):
        try:
            converts.append(None if source is None else conversion(written.get_field_types()[source], type_info))
        except IncompatibleTypes as e:
            raise IncompatibleTypes(f"of its field {name!r}, {e}") from None
    if sources == list(range(len(old))) and not any(converts):
        return None
    return lambda value: _convert_row(value, new, sources, converts)


def _convert_row(
    value: Any, names: list[str], sources: Sequence[int | None], converts: Sequence[Convert | None]
) -> Any:
    if not isinstance(value, Row) and type(value) is not tuple:
        return value  # an object of the program's own class, which has to see to its old form itself
    fields = []
    for source, convert in zip(sources, converts, strict=True):
        field = None if source is None or source >= len(value) else value[source]
        fields.append(field if convert is None else _nullable(convert, field))
    if not isinstance(value, Row):
        return tuple(fields)
    row = Row(*fields)
    row.set_row_kind(value.get_row_kind())
    if value._fields is not None:
        row.set_field_names(names)
    return row


def _tuple(written: TupleTypeInfo, declared: TupleTypeInfo) -> Convert | None:
    old, new = written.get_field_types(), declared.get_field_types()
    if len(old) != len(new):
        raise IncompatibleTypes(f"a tuple of {len(old)} fields does not become one of {len(new)}; use Types.ROW")
    converts = [conversion(a, b) for a, b in zip(old, new, strict=True)]
    if not any(converts):
        return None
    return lambda value: tuple(
        v if convert is None else _nullable(convert, v) for v, convert in zip(value, converts, strict=True)
    )


def _nullable(convert: Convert, value: Any) -> Any:
    return None if value is None else convert(value)
