"""A batch in parts of some ms each: between them a slow task sends, blocks and hears of its cancellation."""

from penstock.exchange.elements import RecordBatch

#: seconds of one part. Longer than a source's poll: a part is cut only where functions are slow
_SHORT, _LONG = 0.01, 0.05
_MOST = 1 << 16


class Slices:
    """The rest of the batch at hand, and how much of it is taken at a time."""

    def __init__(self) -> None:
        self._records = 1
        self._rest: RecordBatch | None = None
        self._at = 0

    def __bool__(self) -> bool:
        """Whether a part of the batch is left."""
        return self._rest is not None

    def put(self, batch: RecordBatch) -> None:
        """The next batch. The one before has been taken."""
        self._rest, self._at = batch, 0

    def take(self) -> RecordBatch:
        """The next part, which is the whole batch where that is small."""
        batch, start = self._rest, self._at
        assert batch is not None, "there is a batch"
        end = start + self._records
        if end >= len(batch):
            self._rest = None
            return batch.tail(start)
        self._at = end
        return RecordBatch(
            batch.values[start:end],
            None if batch.timestamps is None else batch.timestamps[start:end],
            None if batch.keys is None else batch.keys[start:end],
        )

    def rest(self) -> RecordBatch | None:
        """What is left, which stays."""
        return None if self._rest is None else self._rest.tail(self._at)

    def took(self, seconds: float, records: int) -> None:
        """A part of that many records and all its consequences took that long."""
        if seconds > _LONG:
            self._records = max(1, int(records * _LONG / seconds))
        elif seconds < _SHORT and records >= self._records:
            self._records = min(_MOST, self._records * 4)
