"""The types of the Table API, which formats are declared in; nothing else of it. Source: `pyflink.table`."""

from penstock.table.types import DataType, DataTypes, RowType

__all__ = ["DataType", "DataTypes", "RowType"]


def __getattr__(name: str) -> object:
    """The rest of PyFlink's package: an error that says so, where a program imports it."""
    if not name[:1].isupper():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise ImportError(
        f"Penstock has no Table API or SQL, so no {name}: of pyflink.table there are the types alone "
        f"({', '.join(__all__)}). Write the job with the DataStream API (docs/pyflink.md)",
        name=__name__,
    )
