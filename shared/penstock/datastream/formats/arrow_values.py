"""Values of a column: as rows have them, and as Arrow takes and gives them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from penstock.common.time import Instant
from penstock.common.types import Row
from penstock.datastream.formats.java_numbers import as_decimal
from penstock.datastream.formats.row_fields import fields_of
from penstock.table.types import ArrayType, AtomicType, DataType, DecimalType, MapType, RowType, TimestampType

Convert = Callable[[Any], Any]
_EPOCH = datetime(1970, 1, 1)


def _nullable(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda value: None if value is None else convert(value)


def _each(convert: Convert | None) -> Convert:
    return (lambda value: value) if convert is None else convert


def to_arrow(data_type: DataType, is_utc: bool = True) -> Convert | None:
    """Of a value of the stream, None included; None where it can stay as it is.

    `is_utc`: timestamps without a zone are written as they are; else as the moment they are in the zone of the slot.
    """
    return _nullable(_to_arrow(data_type, is_utc))


def _to_arrow(data_type: DataType, is_utc: bool) -> Convert | None:
    match data_type:
        case AtomicType(kind="TIME"):
            return lambda value: value.replace(microsecond=value.microsecond // 1000 * 1000)
        case DecimalType():
            return lambda value: as_decimal(Decimal(value), data_type.precision, data_type.scale)
        case TimestampType(is_local=True):
            return _moment
        case TimestampType():
            return None if is_utc else lambda value: value.astimezone(UTC).replace(tzinfo=None)
        case ArrayType():
            element = to_arrow(data_type.element_type, is_utc)
            return None if element is None else lambda value: [element(v) for v in value]
        case MapType():
            key, item = _each(to_arrow(data_type.key_type, is_utc)), _each(to_arrow(data_type.value_type, is_utc))
            return lambda value: [(key(k), item(v)) for k, v in value.items()]
        case RowType():
            names = data_type.names
            fields = [(f.name, _each(to_arrow(f.data_type, is_utc))) for f in data_type.fields]
            return lambda value: {
                name: field(v) for (name, field), v in zip(fields, fields_of(value, names), strict=True)
            }
    return None


def _moment(value: Any) -> datetime:
    if isinstance(value, Instant):
        return _EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    moment: datetime = value
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment


def from_arrow(data_type: DataType, is_utc: bool = True) -> Convert | None:
    """The way back, of what Arrow's `to_pylist` gives."""
    return _nullable(_from_arrow(data_type, is_utc))


def _from_arrow(data_type: DataType, is_utc: bool) -> Convert | None:
    match data_type:
        case TimestampType(is_local=True):
            return _instant
        case TimestampType():
            return None if is_utc else lambda value: value.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
        case ArrayType():
            element = from_arrow(data_type.element_type, is_utc)
            return None if element is None else lambda value: [element(v) for v in value]
        case MapType():
            key, item = _each(from_arrow(data_type.key_type, is_utc)), _each(from_arrow(data_type.value_type, is_utc))
            return lambda value: {key(k): item(v) for k, v in value}
        case RowType():
            names = data_type.names
            fields = [(f.name, _each(from_arrow(f.data_type, is_utc))) for f in data_type.fields]
            return lambda value: named_row(names, [field(value.get(name)) for name, field in fields])
    return None


def _instant(value: datetime) -> Instant:
    span = value.replace(tzinfo=None) - _EPOCH
    return Instant(span.days * 86400 + span.seconds, span.microseconds * 1000)


def named_row(names: list[str], values: list[Any]) -> Row:
    row = Row(*values)
    row.set_field_names(names)
    return row
