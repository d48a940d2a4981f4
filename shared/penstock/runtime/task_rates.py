"""Rates of the tasks of a slot: how far their counters have come over the last seconds. Pure."""

from collections import deque

from msgspec.structs import replace

from penstock.coordination.rows import SubtaskMetrics

#: seconds that a rate looks back
SPAN = 5.0

_COUNTERS = {
    "records_in": "records_in_rate",
    "records_out": "records_out_rate",
    "bytes_in": "bytes_in_rate",
    "bytes_out": "bytes_out_rate",
    "busy_ms": "busy_rate",
    "backpressured_ms": "backpressured_rate",
    "idle_ms": "idle_rate",
    "records_read": "records_read_rate",
}


class TaskRates:
    """Remembers the counters of each subtask's current attempt for `span` seconds."""

    def __init__(self, span: float = SPAN) -> None:
        self._span = span
        self._seen: dict[tuple[str, int], deque[tuple[float, SubtaskMetrics]]] = {}

    def rated(self, task: tuple[str, int], metrics: SubtaskMetrics, now: float) -> SubtaskMetrics:
        """The counters with their rates; all 0 at an attempt's first report, and once it has ended. `now`: seconds."""
        if metrics.final:
            self._seen.pop(task, None)
            return metrics
        seen = self._seen.setdefault(task, deque())
        if seen and seen[-1][1].attempt != metrics.attempt:
            seen.clear()
        seen.append((now, metrics))
        # one that is older than the span stays, so that the whole span is looked at
        while len(seen) > 2 and seen[1][0] <= now - self._span:
            seen.popleft()
        before, first = seen[0]
        if now <= before:
            return metrics
        rates = {
            rate: round((getattr(metrics, counter) - getattr(first, counter)) / (now - before), 3)
            for counter, rate in _COUNTERS.items()
        }
        return replace(metrics, **rates)
