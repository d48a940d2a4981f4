"""How many records a source is asked for at a time: as many as are done in a few ms."""

#: seconds of one poll and all its consequences. Short: what it makes is still in the CPU's cache when its consumers
#: come to it, which is worth a factor of 1.5 in word count
_SHORT, _LONG = 0.0005, 0.002
_MOST = 4096
#: seconds. The first is what a record of a source that never wakes its task waits where they are many
_FIRST_RETRY, _LAST_RETRY = 0.001, 0.2


class PollSize:
    """Grows and shrinks with the time taken."""

    def __init__(self) -> None:
        self.records = 1  # a function may take a second for each record; twelve polls make it 4096
        self._retry = _FIRST_RETRY

    def took(self, seconds: float, records: int) -> None:
        """A poll gave `records`; it and their processing took that long."""
        self._retry = _FIRST_RETRY
        if seconds > _LONG:
            self.records = max(1, self.records // 2)
        elif seconds < _SHORT and records >= self.records:
            self.records = min(_MOST, self.records * 2)

    def retry(self) -> float:
        """A poll gave nothing: seconds until the next one."""
        wait, self._retry = self._retry, min(_LAST_RETRY, self._retry * 2)
        return wait
