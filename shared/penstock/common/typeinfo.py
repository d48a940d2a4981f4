"""TypeInformation and Types: what a stream's records are. Source: `pyflink.common.typeinfo`."""

from typing import TYPE_CHECKING

from penstock.common.basic_typeinfo import (
    BasicType,
    BasicTypeInfo,
    DateTypeInfo,
    ExternalTypeInfo,
    InstantTypeInfo,
    LocalTimeTypeInfo,
    PickledBytesTypeInfo,
    SqlTimeTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TypeInformation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BasicArrayTypeInfo",
    "BasicType",
    "BasicTypeInfo",
    "DateTypeInfo",
    "ExternalTypeInfo",
    "InstantTypeInfo",
    "ListTypeInfo",
    "LocalTimeTypeInfo",
    "MapTypeInfo",
    "ObjectArrayTypeInfo",
    "PickledBytesTypeInfo",
    "PrimitiveArrayTypeInfo",
    "RowTypeInfo",
    "SqlTimeTypeInfo",
    "TimeTypeInfo",
    "TimestampTypeInfo",
    "TupleTypeInfo",
    "TypeInformation",
    "Types",
]


class _ElementsTypeInfo(TypeInformation):
    def __init__(self, element_type: TypeInformation) -> None:
        self._element_type = element_type

    @property
    def element_type(self) -> TypeInformation:
        return self._element_type

    def _parts(self) -> tuple[object, ...]:
        return (self._element_type,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}<{self._element_type!r}>"


class PrimitiveArrayTypeInfo(_ElementsTypeInfo):
    """An array of numbers, booleans or chars without nulls."""


class BasicArrayTypeInfo(_ElementsTypeInfo):
    """An array of basic values, null among them."""


class ObjectArrayTypeInfo(_ElementsTypeInfo):
    """An array of anything."""


class ListTypeInfo(_ElementsTypeInfo):
    """A list of elements of one type."""


class MapTypeInfo(TypeInformation):
    """A dict with keys of one type and values of one."""

    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        self._key_type_info = key_type_info
        self._value_type_info = value_type_info

    @property
    def key_type(self) -> TypeInformation:
        return self._key_type_info

    @property
    def value_type(self) -> TypeInformation:
        return self._value_type_info

    def _parts(self) -> tuple[object, ...]:
        return (self._key_type_info, self._value_type_info)

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info!r}, {self._value_type_info!r}>"


class RowTypeInfo(TypeInformation):
    """Rows: a field for each of `field_types`, named `f0`, `f1`, … where no names are given.

    ValueError for names that do not fit. Names play no part in equality, as in Flink.
    """

    def __init__(self, field_types: "Sequence[TypeInformation]", field_names: "Sequence[str] | None" = None) -> None:
        default_names = [f"f{i}" for i in range(len(field_types))]
        names = default_names if field_names is None else list(field_names)
        if len(names) != len(field_types):
            raise ValueError(f"The number of field names ({len(names)}) is not that of the types ({len(field_types)})")
        if len(set(names)) != len(names):
            raise ValueError(f"Field names must be unique: {names}")
        self._field_types = list(field_types)
        self._field_names = names
        self._is_named = names != default_names

    def get_field_names(self) -> list[str]:
        return self._field_names

    def get_field_types(self) -> list[TypeInformation]:
        return self._field_types

    def get_field_index(self, field_name: str) -> int:
        """The position of a field, -1 where there is none of that name."""
        return self._field_names.index(field_name) if field_name in self._field_names else -1

    def _parts(self) -> tuple[object, ...]:
        return (tuple(self._field_types),)

    def __repr__(self) -> str:
        if not self._is_named:
            return f"RowTypeInfo({', '.join(repr(t) for t in self._field_types)})"
        named = zip(self._field_names, self._field_types, strict=True)
        return f"RowTypeInfo({', '.join(f'{name}: {t!r}' for name, t in named)})"


class TupleTypeInfo(TypeInformation):
    """Tuples: as many fields as `field_types`."""

    def __init__(self, field_types: "Sequence[TypeInformation]") -> None:
        self._field_types = list(field_types)

    def get_field_types(self) -> list[TypeInformation]:
        return self._field_types

    def _parts(self) -> tuple[object, ...]:
        return (tuple(self._field_types),)

    def __repr__(self) -> str:
        return f"TupleTypeInfo({', '.join(repr(t) for t in self._field_types)})"


_PRIMITIVES = frozenset({"BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "CHAR"})
_BASIC_ELEMENTS = _PRIMITIVES | {"STRING"}


def _check_element(kind: str, element_type: TypeInformation, allowed: frozenset[str]) -> TypeInformation:
    if isinstance(element_type, BasicTypeInfo) and element_type.basic_type.name in allowed:
        return element_type
    raise TypeError(f"{kind} cannot hold {element_type!r}: its elements are one of {', '.join(sorted(allowed))}")


class Types:
    """The type informations by name, as PyFlink has them."""

    @staticmethod
    def STRING() -> TypeInformation:  # noqa: N802
        """str."""
        return BasicTypeInfo(BasicType.STRING)

    @staticmethod
    def BYTE() -> TypeInformation:  # noqa: N802
        """int of 8 bits."""
        return BasicTypeInfo(BasicType.BYTE)

    @staticmethod
    def BOOLEAN() -> TypeInformation:  # noqa: N802
        """bool."""
        return BasicTypeInfo(BasicType.BOOLEAN)

    @staticmethod
    def SHORT() -> TypeInformation:  # noqa: N802
        """int of 16 bits."""
        return BasicTypeInfo(BasicType.SHORT)

    @staticmethod
    def INT() -> TypeInformation:  # noqa: N802
        """int of 32 bits."""
        return BasicTypeInfo(BasicType.INT)

    @staticmethod
    def LONG() -> TypeInformation:  # noqa: N802
        """int of 64 bits."""
        return BasicTypeInfo(BasicType.LONG)

    @staticmethod
    def FLOAT() -> TypeInformation:  # noqa: N802
        """float of 32 bits."""
        return BasicTypeInfo(BasicType.FLOAT)

    @staticmethod
    def DOUBLE() -> TypeInformation:  # noqa: N802
        """float of 64 bits."""
        return BasicTypeInfo(BasicType.DOUBLE)

    @staticmethod
    def CHAR() -> TypeInformation:  # noqa: N802
        """str of one character."""
        return BasicTypeInfo(BasicType.CHAR)

    @staticmethod
    def BIG_INT() -> TypeInformation:  # noqa: N802
        """int of any size."""
        return BasicTypeInfo(BasicType.BIG_INT)

    @staticmethod
    def BIG_DEC() -> TypeInformation:  # noqa: N802
        """decimal.Decimal."""
        return BasicTypeInfo(BasicType.BIG_DEC)

    @staticmethod
    def INSTANT() -> TypeInformation:  # noqa: N802
        """`penstock.common.Instant`."""
        return BasicTypeInfo.INSTANT_TYPE_INFO()

    @staticmethod
    def SQL_DATE() -> TypeInformation:  # noqa: N802
        """datetime.date."""
        return SqlTimeTypeInfo.DATE()

    @staticmethod
    def SQL_TIME() -> TypeInformation:  # noqa: N802
        """datetime.time."""
        return SqlTimeTypeInfo.TIME()

    @staticmethod
    def SQL_TIMESTAMP() -> TypeInformation:  # noqa: N802
        """datetime.datetime."""
        return SqlTimeTypeInfo.TIMESTAMP()

    @staticmethod
    def PICKLED_BYTE_ARRAY() -> TypeInformation:  # noqa: N802
        """Any picklable object."""
        return PickledBytesTypeInfo()

    @staticmethod
    def ROW(field_types: "Sequence[TypeInformation]") -> RowTypeInfo:  # noqa: N802
        """`Row`, its fields named f0, f1, …"""
        return RowTypeInfo(field_types)

    @staticmethod
    def ROW_NAMED(field_names: "Sequence[str]", field_types: "Sequence[TypeInformation]") -> RowTypeInfo:  # noqa: N802
        """`Row` with these names."""
        return RowTypeInfo(field_types, field_names)

    @staticmethod
    def TUPLE(field_types: "Sequence[TypeInformation]") -> TupleTypeInfo:  # noqa: N802
        """tuple."""
        return TupleTypeInfo(field_types)

    @staticmethod
    def PRIMITIVE_ARRAY(element_type: TypeInformation) -> PrimitiveArrayTypeInfo:  # noqa: N802
        """list of numbers, booleans or chars without None. TypeError for other elements."""
        return PrimitiveArrayTypeInfo(_check_element("PRIMITIVE_ARRAY", element_type, _PRIMITIVES))

    @staticmethod
    def BASIC_ARRAY(element_type: TypeInformation) -> TypeInformation:  # noqa: N802
        """list of basic values. TypeError for other elements."""
        return BasicArrayTypeInfo(_check_element("BASIC_ARRAY", element_type, _BASIC_ELEMENTS))

    @staticmethod
    def OBJECT_ARRAY(element_type: TypeInformation) -> TypeInformation:  # noqa: N802
        """list of anything."""
        return ObjectArrayTypeInfo(element_type)

    @staticmethod
    def MAP(key_type_info: TypeInformation, value_type_info: TypeInformation) -> TypeInformation:  # noqa: N802
        """dict."""
        return MapTypeInfo(key_type_info, value_type_info)

    @staticmethod
    def LIST(element_type_info: TypeInformation) -> TypeInformation:  # noqa: N802
        """list."""
        return ListTypeInfo(element_type_info)
