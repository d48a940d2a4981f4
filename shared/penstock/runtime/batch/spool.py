"""Batches that wait for something else to end, in memory and behind that on disk, in their order."""

import pickle
import tempfile
from collections import deque
from collections.abc import Iterator
from typing import IO

from penstock.exchange.elements import RecordBatch


class Spool:
    """First all `add`, then `batches` once."""

    def __init__(self, records_in_memory: int) -> None:
        self._limit = records_in_memory
        self._held = self._written = 0
        self._batches: deque[RecordBatch] = deque()
        self._file: IO[bytes] | None = None

    def add(self, batch: RecordBatch) -> None:
        """TypeError or PicklingError where there is too much for the memory and it cannot be pickled."""
        if self._held + len(batch) <= self._limit and self._file is None:
            self._batches.append(batch)
            self._held += len(batch)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="penstock-spool-")  # noqa: SIM115 (open until it was read)
        pickle.dump(batch, self._file, protocol=5)
        self._written += 1

    def batches(self) -> Iterator[RecordBatch]:
        while self._batches:
            yield self._batches.popleft()
        if self._file is not None:
            self._file.seek(0)
            for _ in range(self._written):
                yield pickle.load(self._file)
            self._file.close()
