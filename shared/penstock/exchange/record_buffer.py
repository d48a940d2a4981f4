"""Records on their way into one batch."""

from typing import Any

from penstock.exchange.elements import RecordBatch


class RecordBuffer:
    """Collects what is emitted to one channel. A list handed over is kept by reference and never changed: it may have
    been handed to other channels as well."""

    __slots__ = ("_owned", "keys", "timestamps", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.timestamps: list[int | None] | None = None
        self.keys: list[Any] | None = None
        self._owned = False

    def __len__(self) -> int:
        return len(self.values)

    def add(self, values: list[Any], timestamps: list[int | None] | None, keys: list[Any] | None) -> None:
        """Append records; `timestamps` and `keys`, where given, are as long as `values`."""
        have = len(self.values)
        if not have:
            self.values, self.timestamps, self.keys, self._owned = values, timestamps, keys, False
            return
        if timestamps is None and self.timestamps is not None:
            timestamps = [None] * len(values)
        elif timestamps is not None and self.timestamps is None:
            self.timestamps = [None] * have
        if self._owned:
            self.values.extend(values)
            if self.timestamps is not None and timestamps is not None:
                self.timestamps.extend(timestamps)
            if self.keys is not None and keys is not None:
                self.keys.extend(keys)
            return
        self.values = self.values + values
        self.timestamps = (
            self.timestamps + timestamps if self.timestamps is not None and timestamps is not None else None
        )
        self.keys = self.keys + keys if self.keys is not None and keys is not None else None
        self._owned = True

    def take(self, records: int) -> RecordBatch:
        """Remove and return the first `records` (or fewer) as a batch."""
        if records >= len(self.values):
            batch = RecordBatch(self.values, self.timestamps, self.keys)
            self.values, self.timestamps, self.keys, self._owned = [], None, None, False
            return batch
        batch = RecordBatch(
            self.values[:records],
            self.timestamps[:records] if self.timestamps is not None else None,
            self.keys[:records] if self.keys is not None else None,
        )
        self.values = self.values[records:]
        self.timestamps = self.timestamps[records:] if self.timestamps is not None else None
        self.keys = self.keys[records:] if self.keys is not None else None
        self._owned = True
        return batch
