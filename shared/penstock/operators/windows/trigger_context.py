"""What a trigger sees of its window; its timers, which are of a key and a window."""

from collections.abc import Iterable
from typing import Any

from penstock.datastream.state import State, StateDescriptor
from penstock.datastream.window.assigner import WindowAssigner
from penstock.datastream.window.trigger import Trigger, TriggerResult
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.timer_service import EVENT_TIME, PROCESSING_TIME, processing_time
from penstock.state.timers import TimerQueue
from penstock.state.window_namespace import OF_TRIGGER
from penstock.state.window_state import WindowStates, WindowStateStore


class WindowTimerQueue(TimerQueue):
    """Timers of (key, window); the key alone decides the key group."""

    __slots__ = ()

    kind = "window timers"

    def entries(self) -> Iterable[tuple[Any, Any]]:
        for (timestamp, (key, window)), number in self._live.items():
            yield key, (timestamp, number, window)

    def restore(self, entries: list[tuple[Any, Any]]) -> None:
        for key, (timestamp, _, window) in sorted(entries, key=_order):
            self.register(timestamp, (key, window))


def _order(entry: tuple[Any, Any]) -> tuple[int, int]:
    timestamp, number, _ = entry[1]
    return timestamp, number


class WindowTriggerContext(Trigger.OnMergeContext):
    """One object an operator; `enter` says which window is at hand. Times are ms since the epoch."""

    def __init__(self, trigger: Trigger[Any, Any], backend: HashMapKeyedStateBackend) -> None:
        self._trigger = trigger
        self.state = WindowStates(backend, OF_TRIGGER)
        self._store = WindowStateStore(self.state)
        self.event_time = WindowTimerQueue()
        self.processing_time = WindowTimerQueue()
        backend.register(EVENT_TIME, self.event_time)
        backend.register(PROCESSING_TIME, self.processing_time)
        self.watermark = MIN_TIMESTAMP
        self._runtime_context: Any = None
        self._key: Any = None
        self.window: Any = None
        self._merged: list[Any] = []

    def open(self, runtime_context: Any) -> None:
        self._runtime_context = runtime_context

    def enter(self, key: Any, window: Any) -> None:
        self._key, self.window = key, window
        self.state.key = key, window

    # -- what the operator calls -------------------------------------------------------------------------------------

    def on_element(self, value: Any, timestamp: int) -> TriggerResult:
        return self._checked(self._trigger.on_element(value, timestamp, self.window, self))

    def on_event_time(self, time: int) -> TriggerResult:
        return self._checked(self._trigger.on_event_time(time, self.window, self))

    def on_processing_time(self, time: int) -> TriggerResult:
        return self._checked(self._trigger.on_processing_time(time, self.window, self))

    def on_merge(self, merged: list[Any]) -> None:
        self._merged = merged
        self._trigger.on_merge(self.window, self)
        self._merged = []

    def clear(self) -> None:
        self._trigger.clear(self.window, self)

    def _checked(self, result: Any) -> TriggerResult:
        if not isinstance(result, TriggerResult):
            raise TypeError(f"{type(self._trigger).__name__} has to return a TriggerResult, not {result!r}")
        return result

    # -- what triggers call ------------------------------------------------------------------------------------------

    def get_current_processing_time(self) -> int:
        return processing_time()

    def get_metric_group(self) -> Any:
        return self._runtime_context.get_metrics_group()

    def get_current_watermark(self) -> int:
        return self.watermark

    def register_processing_time_timer(self, time: int) -> None:
        self.processing_time.register(time, (self._key, self.window))

    def register_event_time_timer(self, time: int) -> None:
        self.event_time.register(time, (self._key, self.window))

    def delete_processing_time_timer(self, time: int) -> None:
        self.processing_time.delete(time, (self._key, self.window))

    def delete_event_time_timer(self, time: int) -> None:
        self.event_time.delete(time, (self._key, self.window))

    def get_partitioned_state(self, state_descriptor: StateDescriptor) -> State:
        state = self._store.get(state_descriptor)
        # merging visits other windows' state
        self.state.key = self._key, self.window
        return state

    def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
        self._store.merge(state_descriptor, self._key, self._merged, self.window)


class AssignerContext(WindowAssigner.WindowAssignerContext):
    def __init__(self, runtime_context: Any) -> None:
        self._runtime_context = runtime_context

    def get_current_processing_time(self) -> int:
        return processing_time()

    def get_runtime_context(self) -> Any:
        return self._runtime_context


def windows_of(assigned: Iterable[Any], assigner: Any) -> Iterable[Any]:
    """What an assigner returned. TypeError where it is nothing to go through."""
    if assigned is None:
        raise TypeError(f"{type(assigner).__name__}.assign_windows() has to return windows, not None")
    return assigned
