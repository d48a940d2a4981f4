"""WatermarkStrategy and TimestampAssigner. Source: `pyflink.common.watermark_strategy`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Literal

from penstock.common.time import Duration
from penstock.common.utils import JavaObjectWrapper

__all__ = ["AssignerWithPeriodicWatermarksWrapper", "TimestampAssigner", "WatermarkStrategy"]


class AssignerWithPeriodicWatermarksWrapper(JavaObjectWrapper):
    """An assigner of the JVM: use a WatermarkStrategy."""


class TimestampAssigner(ABC):
    """Gives each record its event time."""

    @abstractmethod
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """Event time in ms since the epoch. `record_timestamp`: what the source gave it, else `MIN_LONG_VALUE`."""


@dataclass(frozen=True, slots=True)
class WatermarkAlignment:
    """Sources of one group wait for each other. Spans in ms."""

    group: str
    max_drift_ms: int
    update_interval_ms: int


@dataclass(frozen=True, slots=True)
class WatermarkStrategy:
    """How watermarks are made of records, as plain data; every `with_…` gives a new one."""

    kind: Literal["none", "monotonous", "bounded"] = "none"
    max_out_of_orderness_ms: int = 0
    timestamp_assigner: TimestampAssigner | None = None
    idle_timeout_ms: int | None = None
    alignment: WatermarkAlignment | None = None

    @staticmethod
    def for_monotonous_timestamps() -> "WatermarkStrategy":
        """Timestamps that never fall."""
        return WatermarkStrategy("monotonous")

    @staticmethod
    def for_bounded_out_of_orderness(max_out_of_orderness: Duration) -> "WatermarkStrategy":
        """Records at most that much late."""
        return WatermarkStrategy("bounded", max_out_of_orderness.to_millis())

    @staticmethod
    def no_watermarks() -> "WatermarkStrategy":
        return WatermarkStrategy()

    def with_timestamp_assigner(self, timestamp_assigner: TimestampAssigner) -> "WatermarkStrategy":
        return replace(self, timestamp_assigner=timestamp_assigner)

    def with_idleness(self, idle_timeout: Duration) -> "WatermarkStrategy":
        """A source without records for that long no longer holds the watermark back."""
        if idle_timeout.to_millis() <= 0:
            raise ValueError(f"the idle timeout must be positive, not {idle_timeout!r}")
        return replace(self, idle_timeout_ms=idle_timeout.to_millis())

    def with_watermark_alignment(
        self, watermark_group: str, max_allowed_watermark_drift: Duration, update_interval: Duration | None = None
    ) -> "WatermarkStrategy":
        """A source that is more than the drift ahead of the others of its group waits for them.

        `update_interval` (1 s): how often slots tell each other; within a slot watermarks are seen at once.
        """
        interval = 1000 if update_interval is None else update_interval.to_millis()
        drift = max_allowed_watermark_drift.to_millis()
        return replace(self, alignment=WatermarkAlignment(watermark_group, drift, interval))
