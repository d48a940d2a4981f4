"""A reference model of event-time windows: every window of every key with its records, no sharing, no timers."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

#: (key, start, end, records in the order of arrival, timestamp of the result)
Emitted = tuple[Any, int, int, list[Any], int]


@dataclass
class ModelWindow:
    start: int
    end: int
    records: list[Any] = field(default_factory=list)
    has_fired: bool = False
    count: int = 0
    next_fire: int | None = None


@dataclass
class ModelTrigger:
    """`count`: fire at each that many records. `interval`: continuously. Neither: at the end. `purges`: what fires."""

    count: int | None = None
    interval: int | None = None
    purges: bool = False


class Model:
    def __init__(
        self, assign: Callable[[int], Iterable[tuple[int, int]]], merges: bool, lateness: int, trigger: ModelTrigger
    ) -> None:
        self.assign, self.merges, self.lateness, self.trigger = assign, merges, lateness, trigger
        self.watermark = -(1 << 63)
        self.windows: dict[Any, list[ModelWindow]] = {}
        self.emitted: list[Emitted] = []
        self.late: list[Any] = []

    def record(self, key: Any, value: Any, time: int) -> None:
        skipped = True
        for start, end in self.assign(time):
            window = self._find(key, start, end)
            if window.end - 1 + self.lateness <= self.watermark:
                self.windows[key].remove(window)
                continue
            skipped = False
            window.records.append(value)
            if self._fires(window, time):
                self._emit(key, window, time)
        if skipped and time + self.lateness <= self.watermark:
            self.late.append(value)

    def advance(self, watermark: int) -> None:
        for time in sorted(set(self._times(watermark))):
            for key, windows in self.windows.items():
                for window in list(windows):
                    self._at(key, window, time, watermark)
        self.watermark = watermark

    def _times(self, watermark: int) -> Iterator[int]:
        for windows in self.windows.values():
            for w in windows:
                yield from (t for t in (w.end - 1, w.end - 1 + self.lateness) if self.watermark < t <= watermark)
                if w.next_fire is not None and self.trigger.interval:
                    # also one at or before the old watermark: a timer set too late fires at the next one
                    yield from range(w.next_fire, min(watermark, w.end - 2) + 1)

    def _at(self, key: Any, window: ModelWindow, time: int, watermark: int) -> None:
        if self.trigger.count is None:
            if time == window.end - 1 > self.watermark:
                self._emit(key, window, time)
            elif self.trigger.interval and time == window.next_fire != window.end - 1:
                window.next_fire = min(time + self.trigger.interval, window.end - 1)
                self._emit(key, window, time)
        if time == window.end - 1 + self.lateness > self.watermark:
            self.windows[key].remove(window)

    def _fires(self, window: ModelWindow, time: int) -> bool:
        if self.trigger.count is not None:
            window.count += 1
            if window.count < self.trigger.count:
                return False
            window.count = 0
            return True
        if window.end - 1 <= self.watermark:
            return True
        if self.trigger.interval and window.next_fire is None:
            interval = self.trigger.interval
            window.next_fire = min(time - time % interval + interval, window.end - 1)
        return False

    def _emit(self, key: Any, window: ModelWindow, timestamp: int) -> None:
        if window.records:
            self.emitted.append((key, window.start, window.end, list(window.records), timestamp))
        if self.trigger.purges:
            window.records.clear()

    def _find(self, key: Any, start: int, end: int) -> ModelWindow:
        windows = self.windows.setdefault(key, [])
        if not self.merges:
            for window in windows:
                if (window.start, window.end) == (start, end):
                    return window
            windows.append(ModelWindow(start, end))
            return windows[-1]
        touching = [w for w in windows if w.start <= end and w.end >= start]
        merged = ModelWindow(min([start, *(w.start for w in touching)]), max([end, *(w.end for w in touching)]))
        for window in touching:
            merged.records += window.records
            merged.count += window.count
            windows.remove(window)
        merged.next_fire = min((w.next_fire for w in touching if w.next_fire is not None), default=None)
        windows.append(merged)
        return merged
