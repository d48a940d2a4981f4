"""Event time of each split of a source subtask. Source: Flink's `WatermarkOutputMultiplexer`."""

from collections.abc import Iterable

from penstock.exchange.elements import MIN_TIMESTAMP


class SplitTimes:
    """The least of the splits' highest timestamps counts: one slow split holds the watermark, an idle one does not.

    `idle_timeout` in ms, None: no split is ever idle. `now` is epoch ms throughout.
    """

    def __init__(self, idle_timeout: int | None) -> None:
        self._idle_timeout = idle_timeout
        self._highest: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def open(self, splits: Iterable[str], least: int, now: int) -> None:
        """The splits there are now: new ones begin, with `least` where the subtask was restored, others have ended."""
        wanted = set(splits)
        for split in wanted - self._highest.keys():
            self._highest[split], self._seen[split] = least, now
        for split in self._highest.keys() - wanted:
            del self._highest[split], self._seen[split]

    def highest(self, split: str) -> int:
        """A split's highest timestamp so far; MIN_TIMESTAMP where there is none."""
        return self._highest.get(split, MIN_TIMESTAMP)

    def read(self, split: str, highest: int, now: int) -> None:
        """Records of a split have been read."""
        if split in self._highest:
            self._highest[split] = max(highest, self._highest[split])
            self._seen[split] = now

    def combined(self, now: int) -> int | None:
        """The timestamp that holds for all; None where no split counts: there is none, or all are idle."""
        counting = (
            highest
            for split, highest in self._highest.items()
            if self._idle_timeout is None or now < self._seen[split] + self._idle_timeout
        )
        return min(counting, default=None)

    def next_idle(self, now: int) -> int | None:
        """When the next split falls idle, which may let the watermark rise."""
        if self._idle_timeout is None or len(self._highest) < 2:
            return None
        due = (seen + self._idle_timeout for seen in self._seen.values())
        return min((time for time in due if time > now), default=None)
