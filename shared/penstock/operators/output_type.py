"""The results of an operator as its `output_type` has them: lines in the chain's loop, for every record."""

from collections.abc import Mapping, Sequence
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
from penstock.operators.chain_code import ChainCode

#: what CPython compares fast: numbers of one digit of its own
_SMALL = (1 << 30) - 1


class OutputType:
    """Converts the results of one operator on one of its ways out. Single-threaded."""

    def __init__(self, operator: str, type_info: TypeInformation) -> None:
        self._operator, self._type = operator, type_info
        self._convert = converter(type_info)
        self._allows_none = isinstance(type_info, BasicTypeInfo) and type_info.basic_type is BasicType.STRING

    def write(self, code: ChainCode, label: str, value: str) -> str:
        """Lines of the loop that look at the record `value`; the name of the variable that has it as it is declared.

        While the record is in the processor's cache, and without another loop over it. It is another variable: other
        consumers of the record see it as it came.
        """
        one, result = f"{code.bind(label, self)}.one", code.fresh("c")
        convert = f"{result} = {one}({value})"
        fields = self._fields(code)
        misfit = _misfit(self._type, value) if fields is None else _any(fields)
        if not misfit:  # there is no cheaper way than to convert them
            code.line(convert)
            return result
        if "Decimal" in misfit:
            misfit = misfit.replace("Decimal", code.bind("Decimal", Decimal))
        code.line(f"{result} = {value}")
        if fields is None:
            with code.indented(f"if {misfit}:"):
                code.line(convert)
            return result
        # subclasses (named tuples) are converted; a misfit is not necessarily an error: a field too many, a bool
        with code.indented(f"if {value}.__class__ is tuple:"):
            with code.indented("try:", is_block=True):
                code.line(f"{', '.join(fields)}, = {value}")
            with code.indented("except ValueError:", is_block=True):
                code.line(convert)
            with code.indented("else:"), code.indented(f"if {misfit}:"):
                code.line(convert)
        with code.indented("else:"):
            code.line(convert)
        return result

    def _fields(self, code: ChainCode) -> dict[str, str | None] | None:
        """Variables for the fields of a tuple, each with the condition under which it does not fit; None: no tuple."""
        if not isinstance(self._type, TupleTypeInfo):
            return None
        named = [(code.fresh("f"), t) for t in self._type.get_field_types()]
        return {name: _misfit(t, name) for name, t in named}

    def one(self, value: Any) -> Any:
        """TypeMismatchError names the operator, what was expected and what came."""
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


def _any(fields: Mapping[str, str | None]) -> str | None:
    """None where a field has no such condition."""
    conditions = [c for c in fields.values() if c is not None]
    return " or ".join(conditions) if len(conditions) == len(fields) else None


def _misfit(type_info: TypeInformation, name: str) -> str | None:
    """The condition under which a value needs to be converted or refused. None: there is no cheap one."""
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
