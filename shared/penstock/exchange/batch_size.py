"""How many records make a batch of the wanted size, learnt from the last batch."""

#: a smaller batch says little about the size of a record: the pickle's own frame weighs in
_SIGNIFICANT = 16
#: the first batch is a probe, for its records may be of any size
_FIRST_GUESS = _SIGNIFICANT


class BatchSize:
    """`records`: the limit to go by now. `entry_size` in bytes."""

    __slots__ = ("_entry_size", "_most", "records")

    def __init__(self, entry_size: int, most_records: int) -> None:
        self._entry_size, self._most = entry_size, most_records
        self.records = min(_FIRST_GUESS, most_records)

    def measured(self, records: int, size: int) -> None:
        """A batch of `records` became `size` bytes."""
        if records < _SIGNIFICANT and size < self._entry_size:
            if records >= self.records:
                # it was full, and too small: the records have become smaller
                self.records = min(2 * self.records, self._most)
            return
        wanted = self._entry_size * records // size
        self.records = max(1, min(wanted, self._most))
