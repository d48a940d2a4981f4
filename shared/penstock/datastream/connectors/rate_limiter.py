"""How fast a generator may go. Source: Flink's `RateLimiterStrategy`."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class RateLimiter(Protocol):
    """Of one subtask."""

    def take(self, most: int) -> int:
        """How many records may go now, at most that many; they count as gone."""

    def notify_complete(self, checkpoint: int) -> None:
        """A checkpoint is complete."""


@dataclass(frozen=True, slots=True)
class RateLimiterStrategy:
    """Made by `per_second`, `per_checkpoint`, `no_op`. The rate is that of the job: subtasks share it."""

    kind: str
    rate: float = 0.0

    @staticmethod
    def per_second(records_per_second: float) -> "RateLimiterStrategy":
        return RateLimiterStrategy("second", _positive(records_per_second))

    @staticmethod
    def per_checkpoint(records_per_checkpoint: int) -> "RateLimiterStrategy":
        """That many records, then no more before the next checkpoint is complete."""
        return RateLimiterStrategy("checkpoint", _positive(records_per_checkpoint))

    @staticmethod
    def no_op() -> "RateLimiterStrategy":
        return RateLimiterStrategy("none")

    def create_rate_limiter(self, parallelism: int) -> RateLimiter:
        match self.kind:
            case "second":
                return PerSecond(self.rate / parallelism)
            case "checkpoint":
                return PerCheckpoint(max(1, int(self.rate) // parallelism))
        return Unlimited()


class Unlimited:
    def take(self, most: int) -> int:
        return most

    def notify_complete(self, checkpoint: int) -> None: ...


class PerSecond:
    """What was not taken is kept for a second: a pause is made up for that far."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._allowed, self._seen_at = min(1.0, rate), clock()

    def take(self, most: int) -> int:
        now = self._clock()
        self._allowed = min(max(1.0, self._rate), self._allowed + (now - self._seen_at) * self._rate)
        self._seen_at = now
        taken = min(most, int(self._allowed))
        self._allowed -= taken
        return taken

    def notify_complete(self, checkpoint: int) -> None: ...


class PerCheckpoint:
    def __init__(self, records: int) -> None:
        self._records = self._allowed = records

    def take(self, most: int) -> int:
        taken = min(most, self._allowed)
        self._allowed -= taken
        return taken

    def notify_complete(self, checkpoint: int) -> None:
        self._allowed = self._records


def _positive(rate: float) -> float:
    if rate <= 0:
        raise ValueError(f"the rate must be positive: {rate}")
    return rate
