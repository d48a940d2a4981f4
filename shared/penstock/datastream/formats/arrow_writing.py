"""Rows into files that Arrow writes: collected as columns, written a group at a time."""

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from penstock.common.serialization import BulkWriter
from penstock.datastream.formats.arrow_types import arrow_schema
from penstock.datastream.formats.arrow_values import to_arrow
from penstock.datastream.formats.extras import arrow
from penstock.datastream.formats.row_fields import fields_of
from penstock.table.types import RowType

_ROWS_IN_BATCH = 4096


class OpenFile:
    """A file that stays open when Arrow's writer closes it, and takes nothing any more where it was `dropped`."""

    closed = False
    dropped = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0

    def write(self, data: Any) -> int:
        size = len(data) if self.dropped else self._file.write(data)
        self._at += size
        return size

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        if not self.dropped:
            self._file.flush()

    def close(self) -> None:
        self.flush()

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False


class ArrowBulkWriter(BulkWriter):
    """`write`: takes a `pyarrow.Table`, at least `group_size` bytes of it but for the last. `close`: writes the end."""

    def __init__(
        self,
        row_type: RowType,
        is_utc: bool,
        group_size: int,
        file: OpenFile,
        write: Callable[[Any], None],
        close: Callable[[], None],
    ) -> None:
        self._schema = arrow_schema(row_type)
        self._names = row_type.names
        self._converters = [to_arrow(f.data_type, is_utc) for f in row_type.fields]
        self._group_size, self._file, self._write, self._close = group_size, file, write, close
        self._rows: list[Sequence[Any]] = []
        self._batches: list[Any] = []
        self._size = 0

    def add(self, values: Sequence[Any]) -> None:
        self._rows += [fields_of(value, self._names) for value in values]
        if len(self._rows) >= _ROWS_IN_BATCH:
            self._make_batch()
            if self._size >= self._group_size:
                self._write_group()

    def _make_batch(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._names)
        arrays = []
        for column, convert, field in zip(columns, self._converters, self._schema, strict=True):
            try:
                values = column if convert is None else [convert(v) for v in column]
                if not field.nullable and None in values:
                    raise ValueError("None, and the column is NOT NULL")
                arrays.append(arrow().array(values, field.type))
            except (arrow().ArrowException, TypeError, ValueError, AttributeError, OverflowError) as e:
                raise TypeError(f"field {field.name!r} does not fit the column's type {field.type}: {e}") from None
        batch = arrow().record_batch(arrays, schema=self._schema)
        self._rows = []
        self._batches.append(batch)
        self._size += batch.nbytes

    def _write_group(self) -> None:
        self._write(arrow().Table.from_batches(self._batches, self._schema))
        self._batches, self._size = [], 0

    def finish(self) -> None:
        if self._rows:
            self._make_batch()
        if self._batches:
            self._write_group()
        self._close()

    def abandon(self) -> None:
        self._rows, self._batches, self._file.dropped = [], [], True
        self._close()
