"""Latency markers in one task: a source emits them, every operator that they pass measures how long they have taken.

docs/metrics.md, "Latency", says what that is the latency of.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penstock.client.config.options.metrics import LatencyGranularity
from penstock.coordination.rows import LatencyHistogram
from penstock.exchange.elements import LatencyMarker

#: of `LatencyHistogram` -> of the values
_QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p98": 0.98, "p99": 0.99, "p999": 0.999}


def epoch_ms() -> int:
    """By this machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class LatencySettings:
    """Of a job. `interval` in seconds."""

    interval: float
    granularity: LatencyGranularity = LatencyGranularity.OPERATOR
    history: int = 128


class TaskLatency:
    """`operators`: ids, in the order of the chain. `now` gives ms since the epoch, `monotonic` seconds."""

    def __init__(
        self,
        settings: LatencySettings,
        operators: Sequence[str],
        subtask: int,
        now: Callable[[], int] = epoch_ms,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._operators, self._subtask = settings, list(operators), subtask
        self._now, self._monotonic = now, monotonic
        self._seen: dict[tuple[int, str, int | None], _Seen] = {}
        self._due = monotonic()

    @property
    def wait(self) -> float:
        """Seconds until the source is to emit the next marker."""
        return max(0.0, self._due - self._monotonic())

    def due(self) -> LatencyMarker | None:
        """The marker that the source is to emit now. Those that it had no time for are not made up for."""
        now = self._monotonic()
        if now < self._due:
            return None
        self._due += self._settings.interval * max(1, math.ceil((now - self._due) / self._settings.interval))
        return LatencyMarker(self._now(), self._operators[0], self._subtask)

    def passed(self, operator: int, marker: LatencyMarker) -> None:
        """A marker has come to the operator at that place of the chain."""
        key: tuple[int, str, int | None]
        match self._settings.granularity:
            case LatencyGranularity.SINGLE:
                key = operator, "", None
            case LatencyGranularity.OPERATOR:
                key = operator, marker.source, None
            case LatencyGranularity.SUBTASK:
                key = operator, marker.source, marker.subtask
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen(self._settings.history)
        seen.count += 1
        seen.last.append(self._now() - marker.marked_at)

    def histograms(self) -> tuple[LatencyHistogram, ...]:
        """Of the last markers. May be called from another thread than the rest."""
        return tuple(
            histogram(seen.last.copy(), self._operators[operator], source, subtask, seen.count)
            for (operator, source, subtask), seen in list(self._seen.items())
        )


class _Seen:
    def __init__(self, history: int) -> None:
        self.count = 0
        self.last: deque[int] = deque(maxlen=history)


def histogram(
    values: Sequence[int], operator: str, source: str = "", source_subtask: int | None = None, count: int = 0
) -> LatencyHistogram:
    """Of these values, at least one, in ms."""
    ordered = sorted(values)
    mean = sum(ordered) / len(ordered)
    spread = sum((v - mean) ** 2 for v in ordered) / (len(ordered) - 1) if len(ordered) > 1 else 0.0
    return LatencyHistogram(
        operator=operator,
        source=source,
        source_subtask=source_subtask,
        count=count,
        min=ordered[0],
        max=ordered[-1],
        mean=round(mean, 3),
        stddev=round(math.sqrt(spread), 3),
        **{name: _quantile(ordered, q) for name, q in _QUANTILES.items()},
    )


def _quantile(ordered: Sequence[int], q: float) -> float:
    """Interpolated between the neighbours of rank `q` of n + 1, as Flink's."""
    rank = q * (len(ordered) + 1)
    if rank < 1:
        return float(ordered[0])
    if rank >= len(ordered):
        return float(ordered[-1])
    below = int(rank)
    return round(ordered[below - 1] + (rank - below) * (ordered[below] - ordered[below - 1]), 3)
