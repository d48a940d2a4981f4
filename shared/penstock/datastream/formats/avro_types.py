"""Avro schemas as types: of rows in messages, and of the columns of Parquet files."""

from collections.abc import Callable
from typing import Any

from penstock.common.typeinfo import RowTypeInfo, TypeInformation, Types
from penstock.datastream.formats.avro_schema import AvroSchema
from penstock.table.types import DataType, DataTypes, RowType

_NAMED = ("record", "enum", "fixed", "error")


class Names:
    """The named types of a schema, which may be referred to by their names."""

    def __init__(self, root: Any) -> None:
        self._named: dict[str, Any] = {}
        self._collect(root)

    def _collect(self, node: Any) -> None:
        if isinstance(node, list):
            for branch in node:
                self._collect(branch)
        elif isinstance(node, dict):
            if node.get("type") in _NAMED:
                self._named[node["name"]] = node
            for part in (node.get("items"), node.get("values"), node.get("type")):
                if isinstance(part, (dict, list)):
                    self._collect(part)
            for field in node.get("fields", ()):
                self._collect(field["type"])

    def resolved(self, node: Any) -> Any:
        """The schema behind a name."""
        return self._named.get(node, node) if isinstance(node, str) else node


def without_null(node: Any) -> Any:
    """Of a union with null the other one. ValueError for other unions, which no type stands for."""
    if not isinstance(node, list):
        return node
    branches = [b for b in node if b != "null"]
    if len(branches) != 1:
        raise ValueError(f"a union of null and one type can be a field of a row, not {node!r}")
    return branches[0]


def row_type_of(schema: AvroSchema) -> tuple[RowTypeInfo, Names]:
    """ValueError for the schema of anything but a record."""
    names = Names(schema.parsed)
    found = _type_info(schema.parsed, names)
    if not isinstance(found, RowTypeInfo):
        raise ValueError(f"the schema of a record is needed, not {schema}")
    return found, names


def _type_info(node: Any, names: Names) -> TypeInformation:
    node = names.resolved(without_null(names.resolved(node)))
    kind = node["type"] if isinstance(node, dict) else node
    logical = node.get("logicalType") if isinstance(node, dict) else None
    if isinstance(kind, (dict, list)):
        return _type_info(kind, names)
    if kind == "record":
        fields = node["fields"]
        return Types.ROW_NAMED([f["name"] for f in fields], [_type_info(f["type"], names) for f in fields])
    if kind == "array":
        return Types.OBJECT_ARRAY(_type_info(node["items"], names))
    if kind == "map":
        return Types.MAP(Types.STRING(), _type_info(node["values"], names))
    if logical == "decimal":
        return Types.BIG_DEC()
    if logical == "date":
        return Types.SQL_DATE()
    if logical is not None and "timestamp" in logical:
        return Types.SQL_TIMESTAMP()
    if logical in ("time-millis", "time-micros"):
        return Types.SQL_TIME()
    if kind in ("bytes", "fixed"):
        return Types.PRIMITIVE_ARRAY(Types.BYTE())
    return _PRIMITIVE.get(kind, Types.STRING)()


_PRIMITIVE: dict[str, Callable[[], TypeInformation]] = {
    "boolean": Types.BOOLEAN,
    "int": Types.INT,
    "long": Types.LONG,
    "float": Types.FLOAT,
    "double": Types.DOUBLE,
}


def data_type_of(schema: AvroSchema) -> RowType:
    """The columns that Parquet files of these records have. ValueError as `row_type_of`."""
    names = Names(schema.parsed)
    found = _data_type(schema.parsed, names)
    if not isinstance(found, RowType):
        raise ValueError(f"the schema of a record is needed, not {schema}")
    return found


def _data_type(node: Any, names: Names) -> DataType:
    node = names.resolved(node)
    nullable = isinstance(node, list) and "null" in node
    node = names.resolved(without_null(node))
    kind = node["type"] if isinstance(node, dict) else node
    logical = node.get("logicalType") if isinstance(node, dict) else None
    if isinstance(kind, (dict, list)):
        return _data_type(kind, names)
    if kind == "record":
        return DataTypes.ROW(
            [DataTypes.FIELD(f["name"], _data_type(f["type"], names)) for f in node["fields"]], nullable
        )
    if kind == "array":
        return DataTypes.ARRAY(_data_type(node["items"], names), nullable)
    if kind == "map":
        return DataTypes.MAP(DataTypes.STRING(False), _data_type(node["values"], names), nullable)
    if logical == "decimal":
        return DataTypes.DECIMAL(node["precision"], node.get("scale", 0), nullable)
    if logical == "date":
        return DataTypes.DATE(nullable)
    if logical in ("time-millis", "time-micros"):
        return DataTypes.TIME(nullable=nullable)
    if logical is not None and logical.startswith("timestamp-"):
        return DataTypes.TIMESTAMP_LTZ(6, nullable)
    if logical is not None and logical.startswith("local-timestamp-"):
        return DataTypes.TIMESTAMP(6, nullable)
    return {
        "boolean": DataTypes.BOOLEAN,
        "int": DataTypes.INT,
        "long": DataTypes.BIGINT,
        "float": DataTypes.FLOAT,
        "double": DataTypes.DOUBLE,
        "bytes": DataTypes.BYTES,
        "fixed": DataTypes.BYTES,
    }.get(kind, DataTypes.STRING)(nullable)
