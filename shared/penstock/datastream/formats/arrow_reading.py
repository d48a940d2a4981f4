"""Rows out of files that Arrow reads, a group of rows (row group, stripe) at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from penstock.common.types import Row
from penstock.datastream.connectors.file_system.file_format import RecordReadError
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit
from penstock.datastream.formats.arrow_types import arrow_schema
from penstock.datastream.formats.arrow_values import from_arrow, named_row
from penstock.datastream.formats.extras import arrow
from penstock.table.types import RowType

#: (where it begins in the file, its batches)
Group = tuple[int, Callable[[], Iterator[Any]]]


class ArrowSplit:
    """Implements `OpenSplit`. A position is the group's place and the rows of it that were read.

    `groups`: those of the file that begin within the split, in their order. Columns that a file does not have are None.
    """

    errors = 0

    def __init__(
        self,
        split: FileSourceSplit,
        groups: list[Group],
        to_rows: Callable[[Any], list[Any]],
        close: Callable[[], None],
    ) -> None:
        self._split, self._to_rows, self._close = split, to_rows, close
        first, skip = (-1, 0) if split.offset is None else (split.offset, split.skip)
        self._groups = iter([g for g in groups if g[0] >= first])
        self._offset, self._read = first, 0
        self._to_skip = skip
        self._batches: Iterator[Any] = iter(())
        self._rows: list[Any] = []
        self._taken = 0

    def read(self, count: int) -> list[Any]:
        while self._taken >= len(self._rows):
            if not self._next_batch():
                return []
        found = self._rows[self._taken : self._taken + count]
        self._taken += len(found)
        self._read += len(found)
        return found

    def _next_batch(self) -> bool:
        try:
            batch = next(self._batches, None)
            while batch is None:
                group = next(self._groups, None)
                if group is None:
                    self._offset, self._read = self._split.end, 0
                    return False
                self._offset, self._read = group[0], 0
                self._batches = group[1]()
                batch = next(self._batches, None)
        except (arrow().ArrowException, OSError) as e:
            raise RecordReadError(f"{self._split.path}, byte {self._offset}, row {self._read}: {e}") from None
        if self._to_skip:
            # of the group that the split goes on with
            skipped = min(self._to_skip, batch.num_rows)
            self._to_skip -= skipped
            self._read += skipped
            batch = batch.slice(skipped)
        self._rows, self._taken = self._to_rows(batch), 0
        return True

    def position(self) -> FileSourceSplit:
        if self._offset < 0:
            return self._split
        # before the first read of a restored split nothing was skipped yet
        return replace(self._split, offset=self._offset, skip=self._read + self._to_skip)

    def close(self) -> None:
        self._batches = iter(())
        self._close()


def rows_of(row_type: RowType, is_utc: bool, is_case_sensitive: bool, path: str) -> Callable[[Any], list[Row]]:
    """Record batches as rows of the type. RecordReadError names a column that cannot be of it."""
    schema, names = arrow_schema(row_type), row_type.names
    converters = [from_arrow(f.data_type, is_utc) for f in row_type.fields]

    def rows(batch: Any) -> list[Row]:
        found = column_positions(batch.schema.names, is_case_sensitive)
        columns = []
        for field, convert in zip(schema, converters, strict=True):
            at = found.get(field.name if is_case_sensitive else field.name.lower())
            if at is None:
                columns.append([None] * batch.num_rows)
                continue
            column = _cast(batch.column(at), field, path)
            values = column.to_pylist()
            columns.append(values if convert is None else [convert(v) for v in values])
        return [named_row(names, list(values)) for values in zip(*columns, strict=True)]

    return rows


def column_positions(names: list[str], is_case_sensitive: bool) -> dict[str, int]:
    return {name if is_case_sensitive else name.lower(): at for at, name in enumerate(names)}


def columns_in_file(row_type: RowType, names: list[str], is_case_sensitive: bool) -> list[str]:
    """The file's names of the columns to read."""
    positions = column_positions(names, is_case_sensitive)
    wanted = [name if is_case_sensitive else name.lower() for name in row_type.names]
    return [names[positions[name]] for name in wanted if name in positions]


def _cast(column: Any, field: Any, path: str) -> Any:
    if column.type == field.type:
        return column
    try:
        # finer timestamps are cut, as values of Python are
        return column.cast(options=arrow("compute").CastOptions(field.type, allow_time_truncate=True))
    except (arrow().ArrowInvalid, arrow().ArrowNotImplementedError) as e:
        message = f"{path}: column {field.name!r} is of type {column.type}, which cannot be read as {field.type}: {e}"
        raise RecordReadError(message) from None
