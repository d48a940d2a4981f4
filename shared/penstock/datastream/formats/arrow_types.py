"""Data types as Arrow has them."""

from typing import Any

from penstock.datastream.formats.extras import arrow
from penstock.table.types import ArrayType, AtomicType, DataType, DecimalType, MapType, RowType, TimestampType


def arrow_schema(row_type: RowType) -> Any:
    """A `pyarrow.Schema`."""
    return arrow().schema([_field(f.name, f.data_type) for f in row_type.fields])


def _field(name: str, data_type: DataType) -> Any:
    return arrow().field(name, arrow_type(data_type), nullable=data_type.nullable)


def arrow_type(data_type: DataType) -> Any:
    pa = arrow()
    match data_type:
        case AtomicType():
            return {
                "STRING": pa.string,
                "BOOLEAN": pa.bool_,
                "BYTES": pa.binary,
                "TINYINT": pa.int8,
                "SMALLINT": pa.int16,
                "INT": pa.int32,
                "BIGINT": pa.int64,
                "FLOAT": pa.float32,
                "DOUBLE": pa.float64,
                "DATE": pa.date32,
                "TIME": lambda: pa.time32("ms"),
            }[data_type.kind]()
        case DecimalType():
            return pa.decimal128(data_type.precision, data_type.scale)
        case TimestampType():
            return pa.timestamp("us", "UTC" if data_type.is_local else None)
        case ArrayType():
            return pa.list_(_field("element", data_type.element_type))
        case MapType():
            return pa.map_(arrow_type(data_type.key_type), _field("value", data_type.value_type))
        case RowType():
            return pa.struct([_field(f.name, f.data_type) for f in data_type.fields])
    raise TypeError(f"{data_type!r} cannot be a column of a file")
