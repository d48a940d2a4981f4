"""The metrics of functions in one subtask, by name, and their values as they are reported.

A name is `operator.group.name`, as in Flink's REST; a meter gives `.count` and `.rate` (events a second), a
distribution `.count`, `.sum`, `.min`, `.max` and `.mean`.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from penstock.metrics import Counter, Distribution, Meter, MetricGroup

Value = int | float | str
M = TypeVar("M")


class CountingCounter(Counter):
    def __init__(self) -> None:
        self._count = 0

    def inc(self, n: int = 1) -> None:
        self._count += n

    def dec(self, n: int = 1) -> None:
        self._count -= n

    def get_count(self) -> int:
        return self._count

    def values(self) -> dict[str, Value]:
        return {"": self._count}


class WindowMeter(Meter):
    """Events by second, of the last `span` seconds."""

    def __init__(self, span: int) -> None:
        if span < 1:
            raise ValueError(f"a meter's time span is a number of seconds, at least 1: {span}")
        self._span = span
        self._count = 0
        self._seconds: deque[tuple[int, int]] = deque()

    def mark_event(self, value: int = 1) -> None:
        self._count += value
        second = int(time.monotonic())
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = second, self._seconds[-1][1] + value
        else:
            self._seconds.append((second, value))
            while self._seconds[0][0] <= second - self._span:
                self._seconds.popleft()

    def get_count(self) -> int:
        return self._count

    def values(self) -> dict[str, Value]:
        since = int(time.monotonic()) - self._span
        events = sum(n for second, n in list(self._seconds) if second > since)
        return {".count": self._count, ".rate": events / self._span}


class SummaryDistribution(Distribution):
    def __init__(self) -> None:
        # one tuple: read by another thread
        self._summary: tuple[int, float, float, float] = (0, 0, 0, 0)

    def update(self, value: int) -> None:
        count, total, low, high = self._summary
        if count:
            self._summary = count + 1, total + value, min(low, value), max(high, value)
        else:
            self._summary = 1, value, value, value

    def values(self) -> dict[str, Value]:
        count, total, low, high = self._summary
        if not count:
            return {".count": 0}
        return {".count": count, ".sum": total, ".min": low, ".max": high, ".mean": total / count}


class Gauge:
    """A number or text from a function of the user's; None: it has no value now."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def values(self) -> dict[str, Value]:
        try:
            value = self._read()
        except Exception as e:
            # its value is that it has none: a display must not end the job
            return {"": f"{type(e).__name__}: {e}"}
        if value is None:
            return {}
        return {"": value if isinstance(value, (int, float)) else str(value)}


class MetricRegistry:
    """All metrics of a subtask. `values` may be called from another thread than the rest."""

    def __init__(self) -> None:
        self._metrics: dict[str, Any] = {}
        self._frozen: dict[str, Value] | None = None

    def group(self, name: str) -> MetricGroup:
        """The group of an operator."""
        return RegistryGroup(self, name)

    def find(self, name: str, kind: type[M], make: Callable[[], M]) -> M:
        """The metric of that name, made where there is none. ValueError where it is one of another kind."""
        found = self._metrics.setdefault(name, make())
        if not isinstance(found, kind):
            raise ValueError(f"metric {name!r} is a {type(found).__name__} already; give the other one another name")
        return found

    def values(self) -> dict[str, Value]:
        """As they stand, or as they stood when they were frozen."""
        if self._frozen is not None:
            return self._frozen
        return {
            name + part: value
            for name, metric in list(self._metrics.items())
            for part, value in metric.values().items()
        }

    def freeze(self) -> None:
        """Keep the values as they stand."""
        if self._frozen is None:
            self._frozen = self.values()


class RegistryGroup(MetricGroup):
    """A scope of names."""

    def __init__(self, registry: MetricRegistry, scope: str) -> None:
        self._registry, self._scope = registry, scope

    def add_group(self, name: str, extra: str | None = None) -> MetricGroup:
        return RegistryGroup(self._registry, f"{self._scope}.{name}" + ("" if extra is None else f".{extra}"))

    def counter(self, name: str) -> Counter:
        return self._registry.find(f"{self._scope}.{name}", CountingCounter, CountingCounter)

    def gauge(self, name: str, obj: Callable[[], Any]) -> None:
        if not callable(obj):
            raise TypeError(f"gauge {name!r} needs a callable that gives its value, not {obj!r}")
        self._registry.find(f"{self._scope}.{name}", Gauge, lambda: Gauge(obj))

    def meter(self, name: str, time_span_in_seconds: int = 60) -> Meter:
        return self._registry.find(f"{self._scope}.{name}", WindowMeter, lambda: WindowMeter(time_span_in_seconds))

    def distribution(self, name: str) -> Distribution:
        return self._registry.find(f"{self._scope}.{name}", SummaryDistribution, SummaryDistribution)
