"""Reads the splits of one subtask, one behind the other."""

import os
from collections import deque
from collections.abc import Sequence
from typing import Any

from penstock.datastream.connectors.file_system.file_format import FileFormat, OpenSplit, RecordReadError
from penstock.datastream.connectors.file_system.file_splits import FileSourceSplit


class FileReader:
    """Implements `penstock.operators.specs.SourceReader`."""

    def __init__(self, file_format: FileFormat) -> None:
        self._format = file_format
        self._splits: deque[FileSourceSplit] = deque()
        self._open: OpenSplit | None = None
        self._errors = 0

    @property
    def records_in_errors(self) -> int:
        """Records passed over so far, as they could not be read."""
        return self._errors + (0 if self._open is None else self._open.errors)

    def add_splits(self, splits: Sequence[FileSourceSplit]) -> None:
        self._splits.extend(splits)

    def poll(self, max_records: int) -> list[Any] | None:
        while True:
            if self._open is None:
                if not self._splits:
                    return None
                self._open = self._opened(self._splits[0])
                self._splits.popleft()
            batch = self._open.read(max_records)
            if batch:
                return list(batch)
            self._close_split()

    def _opened(self, split: FileSourceSplit) -> OpenSplit:
        # positions are of the file as it was found: in a shorter one they would lose records silently
        size = os.stat(split.path).st_size  # noqa: PTH116
        if size < split.end:
            raise RecordReadError(f"{split.path} has {size} bytes, and had at least {split.end} when it was found")
        return self._format.open(split)

    def _close_split(self) -> None:
        if self._open is not None:
            self._errors += self._open.errors
            self._open.close()
            self._open = None

    def snapshot(self) -> list[FileSourceSplit]:
        return [*([self._open.position()] if self._open is not None else []), *self._splits]

    def close(self) -> None:
        self._close_split()
