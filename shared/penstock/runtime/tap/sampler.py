"""Sampler: of one point in one subtask, what passes while it is open, as text."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog

from penstock.coordination.tap_rows import TappedRecord, TapReport, TapSubtask
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.graph.tap_points import TapPoint
from penstock.runtime.tap.allowance import Allowance
from penstock.runtime.tap.text import text_of, type_name

_log = structlog.get_logger(__name__)

#: records that wait to be sent; characters of a key
_MOST_WAITING, _LONGEST_KEY = 64, 200


class Sampler:
    """Belongs to the slot's loop. `watermark`: event time at the point. `on_close`: it wants no records for now."""

    def __init__(
        self,
        point: TapPoint,
        subtask: int,
        attempt: int,
        rate: float,
        longest: int,
        watermark: Callable[[], int],
        on_close: Callable[[], None],
    ) -> None:
        self.point, self.is_open, self.rate = point, False, rate
        self._subtask, self._attempt, self._longest = subtask, attempt, longest
        self._watermark, self._on_close = watermark, on_close
        self._allowance = Allowance(rate, time.monotonic())
        self._waiting: deque[TappedRecord] = deque(maxlen=_MOST_WAITING)
        self._sampled = 0
        self._is_broken = False

    def open(self) -> bool:
        """Where there is allowance (again). Whether it is open now."""
        self._allowance.grow(time.monotonic())
        self.is_open = self._allowance.is_left and not self._is_broken
        return self.is_open

    @property
    def room(self) -> int:
        """Records that may be looked at now."""
        return self._allowance.records if self.is_open else 0

    def take(self, value: Any, timestamp: int | None, key: Any, producer: int | None = None) -> None:
        """A record passes. Raises nothing but what ends the task from outside."""
        started = time.perf_counter()
        try:
            self._waiting.append(self._record(value, timestamp, key, producer))
            self._sampled += 1
        except Exception as e:
            self._is_broken = True
            _log.error("a tap is closed: a record cannot be shown", point=self.point.name, exc_info=e)
        self._allowance.spend(time.perf_counter() - started)
        if self._is_broken or not self._allowance.is_left:
            self.is_open = False
            self._on_close()

    def report(self) -> TapReport:
        """What was sampled since the last report."""
        records = tuple(self._waiting)
        self._waiting.clear()
        state = TapSubtask(
            subtask=self._subtask, attempt=self._attempt, sampled=self._sampled, watermark=_time(self._watermark())
        )
        return TapReport(self.point.vertex, self.point.id, state, records)

    def _record(self, value: Any, timestamp: int | None, key: Any, producer: int | None) -> TappedRecord:
        return TappedRecord(
            text=text_of(value, self._longest),
            type=type_name(value),
            time=time.time_ns() // 1_000_000,
            key=None if key is None else text_of(key, _LONGEST_KEY),
            timestamp=timestamp if isinstance(timestamp, int) and timestamp != MIN_TIMESTAMP else None,
            watermark=_time(self._watermark()),
            producer=producer,
        )


def _time(timestamp: int) -> int | None:
    return None if timestamp == MIN_TIMESTAMP else timestamp
