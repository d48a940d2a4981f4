"""Records on their way into one batch."""

from typing import Any

from penstock.exchange.elements import RecordBatch


class RecordBuffer:
    """Collects what is emitted to one channel. Lists handed over belong to it: it adds later ones to the first."""

    __slots__ = ("keys", "timestamps", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.timestamps: list[int | None] | None = None
        self.keys: list[Any] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def add(self, values: list[Any], timestamps: list[int | None] | None, keys: list[Any] | None) -> None:
        """Append records; `timestamps` and `keys`, where given, are as long as `values`."""
        have = len(self.values)
        if not have:
            self.values, self.timestamps, self.keys = values, timestamps, keys
            return
        if timestamps is None and self.timestamps is not None:
            timestamps = [None] * len(values)
        elif timestamps is not None and self.timestamps is None:
            self.timestamps = [None] * have
        self.values += values
        if self.timestamps is not None and timestamps is not None:
            self.timestamps += timestamps
        if self.keys is not None and keys is not None:
            self.keys += keys

    def take(self, records: int) -> RecordBatch:
        """Remove and return a batch of `records`, or of all there are where those are less than half as many again: to
        cut off the rest would copy all of them."""
        if 2 * len(self.values) < 3 * records or len(self.values) == records:
            batch = RecordBatch(self.values, self.timestamps, self.keys)
            self.values, self.timestamps, self.keys = [], None, None
            return batch
        batch = RecordBatch(
            self.values[:records],
            self.timestamps[:records] if self.timestamps is not None else None,
            self.keys[:records] if self.keys is not None else None,
        )
        self.values = self.values[records:]
        self.timestamps = self.timestamps[records:] if self.timestamps is not None else None
        self.keys = self.keys[records:] if self.keys is not None else None
        return batch
