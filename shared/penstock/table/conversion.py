"""Data types as the stream's type informations."""

from collections.abc import Callable

from penstock.common.typeinfo import LocalTimeTypeInfo, RowTypeInfo, TypeInformation, Types
from penstock.table.types import ArrayType, AtomicType, DataType, DecimalType, MapType, RowType, TimestampType

_ATOMIC: dict[str, Callable[[], TypeInformation]] = {
    "STRING": Types.STRING,
    "BOOLEAN": Types.BOOLEAN,
    "BYTES": lambda: Types.PRIMITIVE_ARRAY(Types.BYTE()),
    "TINYINT": Types.BYTE,
    "SMALLINT": Types.SHORT,
    "INT": Types.INT,
    "BIGINT": Types.LONG,
    "FLOAT": Types.FLOAT,
    "DOUBLE": Types.DOUBLE,
    "DATE": lambda: LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE),
    "TIME": lambda: LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_TIME),
}


def type_info_of(data_type: DataType) -> TypeInformation:
    match data_type:
        case AtomicType():
            return _ATOMIC[data_type.kind]()
        case DecimalType():
            return Types.BIG_DEC()
        case TimestampType():
            local = LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE_TIME)
            return Types.INSTANT() if data_type.is_local else local
        case ArrayType():
            return Types.OBJECT_ARRAY(type_info_of(data_type.element_type))
        case MapType():
            return Types.MAP(type_info_of(data_type.key_type), type_info_of(data_type.value_type))
        case RowType():
            return row_type_info(data_type)
    raise TypeError(f"{data_type!r} is no type of the DataTypes that streams have")


def row_type_info(row_type: RowType) -> RowTypeInfo:
    return Types.ROW_NAMED(row_type.names, [type_info_of(f.data_type) for f in row_type.fields])
