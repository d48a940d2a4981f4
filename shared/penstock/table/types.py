"""DataTypes: columns of CSV, Parquet and ORC files. Source: `pyflink.table.types`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

__all__ = [
    "ArrayType",
    "AtomicType",
    "DataType",
    "DataTypes",
    "DecimalType",
    "MapType",
    "RowField",
    "RowType",
    "TimestampType",
]


@dataclass(frozen=True)
class DataType:
    """Two are equal where kind, parts and nullability are."""

    nullable: bool

    def not_null(self) -> "Any":
        return replace(self, nullable=False)

    def to_nullable(self) -> "Any":
        return replace(self, nullable=True)


@dataclass(frozen=True)
class AtomicType(DataType):
    """`kind`: the name in `DataTypes`, such as BIGINT; texts and bytes of any length are STRING and BYTES."""

    kind: str

    def __repr__(self) -> str:
        return f"{self.kind}{'' if self.nullable else ' NOT NULL'}"


@dataclass(frozen=True)
class DecimalType(DataType):
    precision: int
    scale: int

    def __repr__(self) -> str:
        return f"DECIMAL({self.precision}, {self.scale}){'' if self.nullable else ' NOT NULL'}"


@dataclass(frozen=True)
class TimestampType(DataType):
    """`precision`: digits behind the second. `is_local`: a moment, shown in the session's time zone."""

    precision: int
    is_local: bool

    def __repr__(self) -> str:
        kind = "TIMESTAMP_LTZ" if self.is_local else "TIMESTAMP"
        return f"{kind}({self.precision}){'' if self.nullable else ' NOT NULL'}"


@dataclass(frozen=True)
class ArrayType(DataType):
    element_type: DataType


@dataclass(frozen=True)
class MapType(DataType):
    key_type: DataType
    value_type: DataType


@dataclass(frozen=True)
class RowField:
    name: str
    data_type: DataType
    description: str | None = None


@dataclass(frozen=True)
class RowType(DataType):
    fields: tuple[RowField, ...]

    @property
    def names(self) -> list[str]:
        return [f.name for f in self.fields]

    def field_names(self) -> list[str]:
        return self.names

    def field_types(self) -> list[DataType]:
        return [f.data_type for f in self.fields]

    def __iter__(self) -> Iterator[RowField]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


class DataTypes:
    """The data types by name, as PyFlink has them."""

    @staticmethod
    def CHAR(length: int, nullable: bool = True) -> AtomicType:  # noqa: N802
        """str."""
        return AtomicType(nullable, "STRING")

    @staticmethod
    def VARCHAR(length: int, nullable: bool = True) -> AtomicType:  # noqa: N802
        """str."""
        return AtomicType(nullable, "STRING")

    @staticmethod
    def STRING(nullable: bool = True) -> AtomicType:  # noqa: N802
        """str."""
        return AtomicType(nullable, "STRING")

    @staticmethod
    def BOOLEAN(nullable: bool = True) -> AtomicType:  # noqa: N802
        """bool."""
        return AtomicType(nullable, "BOOLEAN")

    @staticmethod
    def BINARY(length: int, nullable: bool = True) -> AtomicType:  # noqa: N802
        """bytes."""
        return AtomicType(nullable, "BYTES")

    @staticmethod
    def VARBINARY(length: int, nullable: bool = True) -> AtomicType:  # noqa: N802
        """bytes."""
        return AtomicType(nullable, "BYTES")

    @staticmethod
    def BYTES(nullable: bool = True) -> AtomicType:  # noqa: N802
        """bytes."""
        return AtomicType(nullable, "BYTES")

    @staticmethod
    def DECIMAL(precision: int, scale: int, nullable: bool = True) -> DecimalType:  # noqa: N802
        """decimal.Decimal. ValueError unless 1 <= precision <= 38 and 0 <= scale <= precision."""
        if not 1 <= precision <= 38 or not 0 <= scale <= precision:
            raise ValueError(f"DECIMAL({precision}, {scale}): 1 to 38 digits, and a scale of 0 to as many, can be")
        return DecimalType(nullable, precision, scale)

    @staticmethod
    def TINYINT(nullable: bool = True) -> AtomicType:  # noqa: N802
        """int of 8 bits."""
        return AtomicType(nullable, "TINYINT")

    @staticmethod
    def SMALLINT(nullable: bool = True) -> AtomicType:  # noqa: N802
        """int of 16 bits."""
        return AtomicType(nullable, "SMALLINT")

    @staticmethod
    def INT(nullable: bool = True) -> AtomicType:  # noqa: N802
        """int of 32 bits."""
        return AtomicType(nullable, "INT")

    @staticmethod
    def BIGINT(nullable: bool = True) -> AtomicType:  # noqa: N802
        """int of 64 bits."""
        return AtomicType(nullable, "BIGINT")

    @staticmethod
    def FLOAT(nullable: bool = True) -> AtomicType:  # noqa: N802
        """float of 32 bits."""
        return AtomicType(nullable, "FLOAT")

    @staticmethod
    def DOUBLE(nullable: bool = True) -> AtomicType:  # noqa: N802
        """float of 64 bits."""
        return AtomicType(nullable, "DOUBLE")

    @staticmethod
    def DATE(nullable: bool = True) -> AtomicType:  # noqa: N802
        """datetime.date."""
        return AtomicType(nullable, "DATE")

    @staticmethod
    def TIME(precision: int = 0, nullable: bool = True) -> AtomicType:  # noqa: N802
        """datetime.time."""
        return AtomicType(nullable, "TIME")

    @staticmethod
    def TIMESTAMP(precision: int = 6, nullable: bool = True) -> TimestampType:  # noqa: N802
        """datetime.datetime without a time zone."""
        return TimestampType(nullable, _precision(precision), False)

    @staticmethod
    def TIMESTAMP_WITH_LOCAL_TIME_ZONE(precision: int = 6, nullable: bool = True) -> TimestampType:  # noqa: N802
        """`penstock.common.Instant`."""
        return TimestampType(nullable, _precision(precision), True)

    @staticmethod
    def TIMESTAMP_LTZ(precision: int = 6, nullable: bool = True) -> TimestampType:  # noqa: N802
        """As TIMESTAMP_WITH_LOCAL_TIME_ZONE."""
        return TimestampType(nullable, _precision(precision), True)

    @staticmethod
    def ARRAY(element_type: DataType, nullable: bool = True) -> ArrayType:  # noqa: N802
        """list."""
        return ArrayType(nullable, element_type)

    @staticmethod
    def MAP(key_type: DataType, value_type: DataType, nullable: bool = True) -> MapType:  # noqa: N802
        """dict."""
        return MapType(nullable, key_type, value_type)

    @staticmethod
    def ROW(row_fields: "Sequence[RowField | DataType]" = (), nullable: bool = True) -> RowType:  # noqa: N802
        """`Row`. Fields without a name are f0, f1, …; ValueError where two have the same one."""
        fields = tuple(f if isinstance(f, RowField) else RowField(f"f{n}", f) for n, f in enumerate(row_fields))
        if len({f.name for f in fields}) < len(fields):
            raise ValueError(f"field names must be unique: {[f.name for f in fields]}")
        return RowType(nullable, fields)

    @staticmethod
    def FIELD(name: str, data_type: DataType, description: str | None = None) -> RowField:  # noqa: N802
        """A field of a ROW."""
        return RowField(name, data_type, description)


def _precision(precision: int) -> int:
    if not 0 <= precision <= 9:
        raise ValueError(f"a precision of {precision} digits: 0 to 9 can be")
    return precision
