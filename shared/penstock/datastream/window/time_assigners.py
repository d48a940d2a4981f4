"""Tumbling and sliding windows, on event time and on the clock. Times are in ms."""

from collections.abc import Collection
from typing import Any, TypeVar

from penstock.common.constants import MIN_LONG_VALUE
from penstock.common.serializer import TypeSerializer
from penstock.common.time import Time
from penstock.datastream.window.assigner import WindowAssigner
from penstock.datastream.window.serializers import TimeWindowSerializer
from penstock.datastream.window.time_triggers import EventTimeTrigger, ProcessingTimeTrigger
from penstock.datastream.window.trigger import Trigger
from penstock.datastream.window.windows import TimeWindow

T = TypeVar("T")


class TumblingProcessingTimeWindows(WindowAssigner[T, TimeWindow]):
    """Windows of `size` by the clock, starting at multiples of it plus `offset`."""

    deterministic = False

    def __init__(self, size: int, offset: int) -> None:
        _check_tumbling(self, size, offset)
        self._size, self._offset = size, offset

    @staticmethod
    def of(size: Time, offset: Time | None = None) -> "TumblingProcessingTimeWindows[Any]":
        return TumblingProcessingTimeWindows(_ms(size), _ms(offset))

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return sliding_windows(context.get_current_processing_time(), self._size, self._size, self._offset)

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return ProcessingTimeTrigger()

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        return TimeWindowSerializer()

    def is_event_time(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"TumblingProcessingTimeWindows({self._size}, {self._offset})"


class TumblingEventTimeWindows(WindowAssigner[T, TimeWindow]):
    """Windows of `size` by the records' timestamps, starting at multiples of it plus `offset`."""

    deterministic = True

    def __init__(self, size: int, offset: int) -> None:
        _check_tumbling(self, size, offset)
        self._size, self._offset = size, offset

    @staticmethod
    def of(size: Time, offset: Time | None = None) -> "TumblingEventTimeWindows[Any]":
        return TumblingEventTimeWindows(_ms(size), _ms(offset))

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return sliding_windows(check_timestamp(timestamp, self), self._size, self._size, self._offset)

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return EventTimeTrigger()

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        return TimeWindowSerializer()

    def is_event_time(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"TumblingEventTimeWindows({self._size}, {self._offset})"


class SlidingProcessingTimeWindows(WindowAssigner[T, TimeWindow]):
    """Windows of `size` by the clock, a new one every `slide`."""

    deterministic = False

    def __init__(self, size: int, slide: int, offset: int) -> None:
        _check_sliding(self, size, slide, offset)
        self._size, self._slide, self._offset = size, slide, offset

    @staticmethod
    def of(size: Time, slide: Time, offset: Time | None = None) -> "SlidingProcessingTimeWindows[Any]":
        return SlidingProcessingTimeWindows(_ms(size), _ms(slide), _ms(offset))

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return sliding_windows(context.get_current_processing_time(), self._size, self._slide, self._offset)

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return ProcessingTimeTrigger()

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        return TimeWindowSerializer()

    def is_event_time(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"SlidingProcessingTimeWindows({self._size}, {self._slide}, {self._offset})"


class SlidingEventTimeWindows(WindowAssigner[T, TimeWindow]):
    """Windows of `size` by the records' timestamps, a new one every `slide`."""

    deterministic = True

    def __init__(self, size: int, slide: int, offset: int) -> None:
        _check_sliding(self, size, slide, offset)
        self._size, self._slide, self._offset = size, slide, offset

    @staticmethod
    def of(size: Time, slide: Time, offset: Time | None = None) -> "SlidingEventTimeWindows[Any]":
        return SlidingEventTimeWindows(_ms(size), _ms(slide), _ms(offset))

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return sliding_windows(check_timestamp(timestamp, self), self._size, self._slide, self._offset)

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return EventTimeTrigger()

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        return TimeWindowSerializer()

    def is_event_time(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"SlidingEventTimeWindows({self._size}, {self._slide}, {self._offset})"


def sliding_windows(time: int, size: int, slide: int, offset: int) -> list[TimeWindow]:
    """The windows that have `time` in them, the latest first."""
    latest = TimeWindow.get_window_start_with_offset(time, offset, slide)
    return [TimeWindow(start, start + size) for start in range(latest, time - size, -slide)]


def check_timestamp(timestamp: int, assigner: object) -> int:
    """ValueError for a record without a timestamp."""
    if timestamp <= MIN_LONG_VALUE:
        raise ValueError(
            f"{type(assigner).__name__} needs records with timestamps, and this one has none: call "
            "assign_timestamps_and_watermarks(WatermarkStrategy….with_timestamp_assigner(…)) before the window"
        )
    return timestamp


def _ms(time: Time | None) -> int:
    return 0 if time is None else time.to_milliseconds()


def _check_tumbling(assigner: object, size: int, offset: int) -> None:
    if abs(offset) >= size:
        name = type(assigner).__name__
        raise ValueError(f"{name} parameters must satisfy abs(offset) < size: size {size} ms, offset {offset} ms")


def _check_sliding(assigner: object, size: int, slide: int, offset: int) -> None:
    if abs(offset) >= slide or size <= 0:
        raise ValueError(
            f"{type(assigner).__name__} parameters must satisfy abs(offset) < slide and size > 0: "
            f"size {size} ms, slide {slide} ms, offset {offset} ms"
        )
