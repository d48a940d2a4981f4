"""The kinds of metrics, and the group that makes them. Source: `pyflink.metrics.metricbase`."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any


class Metric(ABC):  # noqa: B024 (PyFlink's base is abstract)
    """Base of all."""


class Counter(Metric, ABC):
    """A number that goes up and down."""

    @abstractmethod
    def inc(self, n: int = 1) -> None: ...

    @abstractmethod
    def dec(self, n: int = 1) -> None: ...

    @abstractmethod
    def get_count(self) -> int: ...


class Meter(Metric, ABC):
    """Counts events and their rate."""

    @abstractmethod
    def mark_event(self, value: int = 1) -> None: ...

    @abstractmethod
    def get_count(self) -> int: ...


class Distribution(Metric, ABC):
    """Sum, count, minimum and maximum of what it is given."""

    @abstractmethod
    def update(self, value: int) -> None: ...


class MetricGroup(ABC):
    """A scope of metrics; a name gives the same metric again."""

    @abstractmethod
    def add_group(self, name: str, extra: str | None = None) -> "MetricGroup":
        """A group below this one; with `extra` a pair of key and value."""

    @abstractmethod
    def counter(self, name: str) -> Counter: ...

    @abstractmethod
    def gauge(self, name: str, obj: Callable[[], Any]) -> None:
        """`obj` is called whenever the value is asked for."""

    @abstractmethod
    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter: ...

    @abstractmethod
    def distribution(self, name: str) -> Distribution: ...
