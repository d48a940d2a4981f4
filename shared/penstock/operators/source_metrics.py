"""What a source measures besides its records: idle time and lags, in ms, and records that wait outside.

Source: FLIP-33, `InternalSourceReaderMetricGroup`. What is not known has no value, where Flink has -1.
"""

from collections.abc import Callable
from typing import Any, Protocol

from penstock.exchange.elements import MIN_TIMESTAMP, RecordBatch
from penstock.metrics import MetricGroup
from penstock.state.clock import processing_time


class Activity:
    """Since when nothing came, and the last event time (ms) that came with a record."""

    __slots__ = ("event_time", "idle_since")

    def __init__(self) -> None:
        self.event_time: int | None = None
        self.idle_since: int | None = None

    def polled(self, records: list[Any] | RecordBatch | None) -> None:
        """What a poll gave; who has come to its end is not idle."""
        if records or records is None:
            self.idle_since = None
            if isinstance(records, RecordBatch) and records.timestamps and records.timestamps[-1] is not None:
                self.event_time = records.timestamps[-1]
        elif self.idle_since is None:
            self.idle_since = processing_time()

    @property
    def idle_time(self) -> int:
        """Ms without a record, 0 while there are some."""
        since = self.idle_since
        return 0 if since is None else max(0, processing_time() - since)


class Measured(Protocol):
    """What is looked at of a source."""

    activity: Activity

    @property
    def reader(self) -> Any: ...

    @property
    def emitted_time(self) -> int | None: ...

    @property
    def emitted_watermark(self) -> int: ...


def add_metrics(group: MetricGroup, source: Measured) -> None:
    """The gauges of a source. Read from another thread."""

    def of_reader(name: str, otherwise: Any = None) -> Callable[[], Any]:
        return lambda: getattr(source.reader, name, otherwise)

    def watermark() -> int | None:
        return None if source.emitted_watermark == MIN_TIMESTAMP else source.emitted_watermark

    group.gauge("numRecordsInErrors", of_reader("records_in_errors", 0))
    group.gauge("pendingRecords", of_reader("pending_records"))
    group.gauge("sourceIdleTime", lambda: source.activity.idle_time)
    group.gauge("currentFetchEventTimeLag", of_reader("fetch_event_time_lag"))
    group.gauge("currentEmitEventTimeLag", lambda: _behind(source.emitted_time))
    group.gauge("watermarkLag", lambda: _behind(watermark()))


def _behind(time: int | None) -> int | None:
    """Ms from an event time until now."""
    return None if time is None else processing_time() - time
