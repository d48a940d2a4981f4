"""Session windows: records of a key with less than the gap between them. Times are in ms."""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from penstock.common.serializer import TypeSerializer
from penstock.common.time import Time
from penstock.datastream.window.assigner import MergingWindowAssigner, SessionWindowTimeGapExtractor, WindowAssigner
from penstock.datastream.window.serializers import TimeWindowSerializer
from penstock.datastream.window.time_assigners import check_timestamp
from penstock.datastream.window.time_triggers import EventTimeTrigger, ProcessingTimeTrigger
from penstock.datastream.window.trigger import Trigger
from penstock.datastream.window.windows import TimeWindow

T = TypeVar("T")


class _SessionWindows(MergingWindowAssigner[T, TimeWindow]):
    """What all have in common: a window from each record's time on, merged where they overlap or touch."""

    def merge_windows(
        self, windows: Iterable[TimeWindow], callback: MergingWindowAssigner.MergeCallback[TimeWindow]
    ) -> None:
        TimeWindow.merge_windows(windows, callback)

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        return TimeWindowSerializer()


class _EventTimeSessions(_SessionWindows[T]):
    deterministic = True

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return EventTimeTrigger()

    def is_event_time(self) -> bool:
        return True


class _ProcessingTimeSessions(_SessionWindows[T]):
    deterministic = False

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        return ProcessingTimeTrigger()

    def is_event_time(self) -> bool:
        return False


class EventTimeSessionWindows(_EventTimeSessions[T]):
    """Sessions by the records' timestamps."""

    def __init__(self, session_gap: int) -> None:
        self._session_gap = _check_gap(self, session_gap)

    @staticmethod
    def with_gap(size: Time) -> "EventTimeSessionWindows[Any]":
        return EventTimeSessionWindows(size.to_milliseconds())

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> "DynamicEventTimeSessionWindows[Any]":
        return DynamicEventTimeSessionWindows(extractor)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return [TimeWindow(check_timestamp(timestamp, self), timestamp + self._session_gap)]

    def __repr__(self) -> str:
        return f"EventTimeSessionWindows({self._session_gap})"


class ProcessingTimeSessionWindows(_ProcessingTimeSessions[T]):
    """Sessions by the clock."""

    def __init__(self, session_gap: int) -> None:
        self._session_gap = _check_gap(self, session_gap)

    @staticmethod
    def with_gap(size: Time) -> "ProcessingTimeSessionWindows[Any]":
        return ProcessingTimeSessionWindows(size.to_milliseconds())

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> "DynamicProcessingTimeSessionWindows[Any]":
        return DynamicProcessingTimeSessionWindows(extractor)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        now = context.get_current_processing_time()
        return [TimeWindow(now, now + self._session_gap)]

    def __repr__(self) -> str:
        return f"ProcessingTimeSessionWindows({self._session_gap})"


class DynamicEventTimeSessionWindows(_EventTimeSessions[T]):
    """Sessions by the records' timestamps; each record brings its own gap."""

    def __init__(self, session_window_time_gap_extractor: SessionWindowTimeGapExtractor) -> None:
        self._extractor = session_window_time_gap_extractor

    def depends_on(self) -> tuple[Any, ...]:
        return (self._extractor,)

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> "DynamicEventTimeSessionWindows[Any]":
        return DynamicEventTimeSessionWindows(extractor)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        return [TimeWindow(check_timestamp(timestamp, self), timestamp + _gap_of(self._extractor, element))]

    def gap_of(self, element: Any) -> int:
        """In ms. ValueError where the extractor's answer is no gap."""
        return _gap_of(self._extractor, element)

    def __repr__(self) -> str:
        return f"DynamicEventTimeSessionWindows({type(self._extractor).__name__})"


class DynamicProcessingTimeSessionWindows(_ProcessingTimeSessions[T]):
    """Sessions by the clock; each record brings its own gap."""

    def __init__(self, session_window_time_gap_extractor: SessionWindowTimeGapExtractor) -> None:
        self._extractor = session_window_time_gap_extractor

    @staticmethod
    def with_dynamic_gap(extractor: SessionWindowTimeGapExtractor) -> "DynamicProcessingTimeSessionWindows[Any]":
        return DynamicProcessingTimeSessionWindows(extractor)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        now = context.get_current_processing_time()
        return [TimeWindow(now, now + _gap_of(self._extractor, element))]

    def __repr__(self) -> str:
        return f"DynamicProcessingTimeSessionWindows({type(self._extractor).__name__})"


def _check_gap(assigner: object, gap: int) -> int:
    if gap <= 0:
        raise ValueError(f"{type(assigner).__name__} parameters must satisfy 0 < gap: {gap} ms")
    return gap


def _gap_of(extractor: SessionWindowTimeGapExtractor, element: Any) -> int:
    gap = extractor.extract(element)
    if isinstance(gap, bool) or not isinstance(gap, int) or gap <= 0:
        raise ValueError(
            f"Dynamic session time gap must satisfy 0 < gap, in whole ms: {type(extractor).__name__}.extract() "
            f"returned {gap!r} for {element!r}"
        )
    return gap
