"""Allowance: how much may be looked at, in records and in time. Pure: times are the caller's, seconds."""

#: share of a subtask's time that decoding may take, and seconds of decoding in one go
SHARE, AT_ONCE = 0.05, 0.01


class Allowance:
    """`rate` records a second; what was not used is good for one second. Slow records are paid for by a pause."""

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._records = max(1.0, rate / 5)
        self._debt = 0.0
        self._at = now

    @property
    def is_left(self) -> bool:
        """Whether another record may be looked at now."""
        return self._records >= 1.0 and self._debt < AT_ONCE

    @property
    def records(self) -> int:
        """How many, where they are quick."""
        return int(self._records) if self._debt < AT_ONCE else 0

    def grow(self, now: float) -> None:
        """Time has passed."""
        passed, self._at = max(0.0, now - self._at), now
        self._records = min(max(1.0, self.rate), self._records + passed * self.rate)
        self._debt = max(0.0, self._debt - passed * SHARE)

    def spend(self, seconds: float) -> None:
        """One record was looked at, and took so long."""
        self._records -= 1.0
        self._debt += seconds
