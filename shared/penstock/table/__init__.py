"""The types of the Table API, which formats are declared in; nothing else of it. Source: `pyflink.table`."""

from penstock.table.types import DataType, DataTypes, RowType

__all__ = ["DataType", "DataTypes", "RowType"]
