"""Duration, Instant and Time. Source: `pyflink.common.time`."""

from datetime import timedelta
from functools import total_ordering

__all__ = ["Duration", "Instant", "Time"]


@total_ordering
class Duration:
    """A span of time, exact to the nanosecond."""

    __slots__ = ("_nanos",)

    def __init__(self, nanos: int) -> None:
        self._nanos = nanos

    @staticmethod
    def of_days(days: int) -> "Duration":
        return Duration.of_hours(days * 24)

    @staticmethod
    def of_hours(hours: int) -> "Duration":
        return Duration.of_minutes(hours * 60)

    @staticmethod
    def of_minutes(minutes: int) -> "Duration":
        return Duration.of_seconds(minutes * 60)

    @staticmethod
    def of_seconds(seconds: int) -> "Duration":
        return Duration.of_millis(seconds * 1000)

    @staticmethod
    def of_millis(millis: int) -> "Duration":
        return Duration(millis * 1_000_000)

    @staticmethod
    def of_nanos(nanos: int) -> "Duration":
        return Duration(nanos)

    def to_millis(self) -> int:
        """Whole milliseconds."""
        return self._nanos // 1_000_000

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self._nanos == other._nanos

    def __lt__(self, other: "Duration") -> bool:
        return self._nanos < other._nanos

    def __hash__(self) -> int:
        return hash(self._nanos)

    def __repr__(self) -> str:
        return f"Duration<{timedelta(microseconds=self._nanos / 1000)}>"


@total_ordering
class Instant:
    """A point on the time line: seconds since the epoch and nanoseconds within the second."""

    __slots__ = ("nanos", "seconds")

    def __init__(self, seconds: int, nanos: int) -> None:
        self.seconds = seconds
        self.nanos = nanos

    @staticmethod
    def of_epoch_milli(epoch_milli: int) -> "Instant":
        seconds, millis = divmod(epoch_milli, 1000)
        return Instant(seconds, millis * 1_000_000)

    def to_epoch_milli(self) -> int:
        return self.seconds * 1000 + self.nanos // 1_000_000

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instant) and (self.seconds, self.nanos) == (other.seconds, other.nanos)

    def __lt__(self, other: "Instant") -> bool:
        return (self.seconds, self.nanos) < (other.seconds, other.nanos)

    def __hash__(self) -> int:
        return hash((self.seconds, self.nanos))

    def __repr__(self) -> str:
        return f"Instant<{self.seconds}, {self.nanos}>"


class Time:
    """A span of time in milliseconds, as windows and state TTL take it."""

    __slots__ = ("_milliseconds",)

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    @staticmethod
    def days(days: int) -> "Time":
        return Time.hours(days * 24)

    @staticmethod
    def hours(hours: int) -> "Time":
        return Time.minutes(hours * 60)

    @staticmethod
    def minutes(minutes: int) -> "Time":
        return Time.seconds(minutes * 60)

    @staticmethod
    def seconds(seconds: int) -> "Time":
        return Time.milliseconds(seconds * 1000)

    @staticmethod
    def milliseconds(milliseconds: int) -> "Time":
        return Time(milliseconds)

    def to_milliseconds(self) -> int:
        return self._milliseconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self._milliseconds == other._milliseconds

    def __hash__(self) -> int:
        return hash(self._milliseconds)

    def __str__(self) -> str:
        return f"{self._milliseconds} ms"
