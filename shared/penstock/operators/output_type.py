"""The results of an operator as its `output_type` has them, a batch at a time. Every record is looked at."""

from collections.abc import Callable, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from penstock.common.java_format import float_text
from penstock.common.type_conversion import BITS, Convert, TypeMismatchError, converter
from penstock.common.typeinfo import (
    BasicType,
    BasicTypeInfo,
    PickledBytesTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
)
from penstock.common.types import Row

#: what CPython compares fast: numbers of one digit of its own
_SMALL = (1 << 30) - 1


class OutputType:
    """Converts the results of one operator on one of its ways out. Single-threaded."""

    def __init__(self, operator: str, type_info: TypeInformation) -> None:
        self._operator, self._type = operator, type_info
        self._convert = converter(type_info)
        self._misfits = _misfits(type_info)
        self._allows_none = isinstance(type_info, BasicTypeInfo) and type_info.basic_type is BasicType.STRING

    def batch(self, values: list[Any]) -> list[Any]:
        """TypeMismatchError names the operator, what was expected and what came. The list itself where all fit."""
        if self._misfits is None:
            return [self.one(v) for v in values]
        try:
            fits = not self._misfits(values)
        except (TypeError, ValueError):
            fits = False  # cannot be unpacked as a tuple of so many fields
        # a misfit is not necessarily an error: a bool for an INT, a tuple with a field too many
        return values if fits else [self.one(v) for v in values]

    def one(self, value: Any) -> Any:
        """As `batch`, of one record."""
        if value is None and self._allows_none:
            return None
        try:
            return self._convert(value)
        except TypeMismatchError as e:
            raise TypeMismatchError(
                f"operator {self._operator!r} returned {value!r}, which is not of its output_type {self._type!r}: {e}"
            ) from None


def output_type(operator: str, type_info: TypeInformation | None) -> OutputType | None:
    """None where nothing is declared: pickled objects stay as they are."""
    if type_info is None or isinstance(type_info, PickledBytesTypeInfo):
        return None
    return OutputType(operator, type_info)


def collected(type_info: TypeInformation | None) -> Convert | None:
    """What `execute_and_collect` shows otherwise than the stream has it: FLOAT by its digits, TIME without fractions.

    Bytes come as a list of numbers. None where the type has nothing of the kind.
    """
    match type_info:
        case BasicTypeInfo() if type_info.basic_type is BasicType.FLOAT:
            return lambda v: None if v is None else float(float_text(v).replace("Infinity", "inf"))
        case TimeTypeInfo():
            return lambda v: v.replace(microsecond=0) if isinstance(v, time) else v
        case PrimitiveArrayTypeInfo():
            return lambda v: list(v) if isinstance(v, bytes) else v
        case TupleTypeInfo():
            fields = [collected(t) for t in type_info.get_field_types()]
            return (lambda v: tuple(_each(fields, v))) if any(fields) else None
        case RowTypeInfo():
            inner = [collected(t) for t in type_info.get_field_types()]
            return (lambda v: _collected_row(inner, v)) if any(inner) else None
    return None


def _each(fields: Sequence[Convert | None], values: Any) -> list[Any]:
    return [v if f is None else f(v) for f, v in zip(fields, values, strict=True)]


def _collected_row(fields: Sequence[Convert | None], row: Row) -> Row:
    shown = Row.of_kind(row.get_row_kind(), *_each(fields, row))
    if row._fields is not None:
        shown.set_field_names(row._fields)
    return shown


def _misfits(type_info: TypeInformation) -> Callable[[list[Any]], bool] | None:
    """Whether some of the values are not yet as the type has them. None: there is no cheaper way than to convert them.

    One comprehension without a call a record: a third of what msgspec takes, which makes new tuples.
    """
    if isinstance(type_info, TupleTypeInfo):
        fields = [_misfit(t, f"v{n}") for n, t in enumerate(type_info.get_field_types())]
        if not fields or None in fields:
            return None
        target = "".join(f"v{n}, " for n in range(len(fields)))
        condition = " or ".join(f for f in fields if f is not None)
        # subclasses (named tuples) are converted
        source = f"[0 for v in values if v.__class__ is not tuple] or [0 for {target} in values if {condition}]"
    else:
        misfit = _misfit(type_info, "v")
        if misfit is None:
            return None
        source = f"[0 for v in values if {misfit}]"
    misfits: Callable[[list[Any]], bool] = eval(f"lambda values: bool({source})", {"Decimal": Decimal})
    return misfits


def _misfit(type_info: TypeInformation, name: str) -> str | None:
    """The condition under which a value needs to be converted or refused."""
    if isinstance(type_info, PickledBytesTypeInfo):
        return "False"
    if not isinstance(type_info, BasicTypeInfo):
        return None
    bits = BITS.get(type_info.basic_type)
    if bits is not None:
        is_out = f"not {-(1 << bits - 1)} <= {name} <= {(1 << bits - 1) - 1}"
        if bits > 30:
            is_out = f"({name} > {_SMALL} or {name} < {-_SMALL}) and {is_out}"
        return f"{name}.__class__ is not int or {is_out}"
    wanted = _CLASSES.get(type_info.basic_type)
    return None if wanted is None else f"{name}.__class__ is not {wanted}"


_CLASSES = {
    BasicType.STRING: "str",
    BasicType.BOOLEAN: "bool",
    BasicType.DOUBLE: "float",
    BasicType.BIG_INT: "int",
    BasicType.BIG_DEC: "Decimal",
}
