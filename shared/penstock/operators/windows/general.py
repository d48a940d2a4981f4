"""The window operator for any assigner and any trigger: Flink's WindowOperator, record by record."""

from typing import Any

from penstock.common.constants import MAX_LONG_VALUE, MIN_LONG_VALUE
from penstock.datastream.window.assigner import MergingWindowAssigner
from penstock.datastream.window.trigger import TriggerResult
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.operator import is_end_of_time
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.contents import Contents
from penstock.operators.windows.merging import MergingWindowSet
from penstock.operators.windows.trigger_context import (
    AssignerContext,
    WindowTimerQueue,
    WindowTriggerContext,
    windows_of,
)
from penstock.operators.windows.window_operator import WindowOperatorBase
from penstock.state.hash_map import HashMapKeyedStateBackend

_NOTHING: Any = object()


class GeneralWindowOperator(WindowOperatorBase):
    """Contents are kept by (key, window), where windows merge by (key, state window)."""

    has_timers = True

    def __init__(
        self, index: int, name: str, spec: WindowSpec, contents: Contents, backend: HashMapKeyedStateBackend
    ) -> None:
        assigner = spec.assigner
        merges = isinstance(assigner, MergingWindowAssigner)
        super().__init__(index, name, spec, contents, backend, merges)
        self._assigner, self._merges = assigner, merges
        self._is_event_time: bool = assigner.is_event_time()
        self._context = WindowTriggerContext(spec.trigger, backend)
        self._assigner_context = AssignerContext(None)
        self._lateness = spec.allowed_lateness
        self._panes: dict[Any, dict[Any, Any]] = backend.table("_window_contents", "window contents")
        self._sets: dict[Any, dict[Any, Any]] = backend.table("_merging_window_set", "window set")

    def open(self, context: Any) -> None:
        self._assigner_context = AssignerContext(context)
        self._context.open(context)
        super().open(context)

    # -- records -----------------------------------------------------------------------------------------------------

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        operator = code.bind(self.label("windows"), self)
        code.once(operator, [], [f"{operator}.flush()"])
        code.line(f"{operator}.add({rec.key}, {rec.value}, {rec.timestamp})")

    def add(self, key: Any, value: Any, timestamp: int | None) -> None:
        """One record into all of its windows."""
        time = MIN_LONG_VALUE if timestamp is None else timestamp
        self.backend.key = key
        windows = windows_of(self._assigner.assign_windows(value, time, self._assigner_context), self._assigner)
        is_skipped = True
        for window in windows:
            window = self._merge_in(key, window) if self._merges else window
            if self._is_late(window):
                if self._merges:
                    self._retire(key, window)
                continue
            is_skipped = False
            state_window = self._sets[key][window] if self._merges else window
            panes, contents = self._panes.setdefault(key, {}), self.contents
            held = panes.get(state_window, _NOTHING)
            panes[state_window] = contents.first(value) if held is _NOTHING else contents.add(held, value)
            self._context.enter(key, window)
            self._act(self._context.on_element(value, time), key, window, state_window, timestamp)
            self._register_cleanup(window)
        if is_skipped and self._is_event_time and time + self._lateness <= self._context.watermark:
            self.put_late(value, timestamp)

    def _act(self, result: TriggerResult, key: Any, window: Any, state_window: Any, timestamp: int | None) -> None:
        if result is TriggerResult.CONTINUE:
            return
        panes = self._panes.get(key, {})
        if result.is_fire():
            held = panes.get(state_window, _NOTHING)
            if held is not _NOTHING:
                use = self.contents.result if result.is_purge() else self.contents.current
                self.put(self.evaluation.results(key, window, use(held)), timestamp)
        if result.is_purge():
            self._drop(key, state_window)

    # -- merging -----------------------------------------------------------------------------------------------------

    def _merge_in(self, key: Any, window: Any) -> Any:
        windows = MergingWindowSet(self._assigner, self._sets.setdefault(key, {}))

        def on_merge(result: Any, merged: list[Any], state_window: Any, merged_state_windows: list[Any]) -> None:
            if self._is_event_time and self._is_late(result):
                raise RuntimeError(
                    "The end timestamp of an event-time window cannot become earlier than the current watermark by "
                    f"merging. Current watermark: {self._context.watermark} window: {result!r}"
                )
            self._context.enter(key, result)
            self._context.on_merge(merged)
            for old in merged:
                self._context.enter(key, old)
                self._context.clear()
                self._delete_cleanup(old)
            panes, contents = self._panes.get(key, {}), self.contents
            for other in merged_state_windows:
                held = panes.pop(other, _NOTHING)
                if held is not _NOTHING:
                    into = panes.get(state_window, _NOTHING)
                    panes[state_window] = held if into is _NOTHING else contents.merge(into, held)

        return windows.add(window, on_merge)

    def _retire(self, key: Any, window: Any) -> None:
        windows = self._sets.get(key)
        if windows is not None:
            windows.pop(window, None)
            if not windows:
                del self._sets[key]

    # -- time --------------------------------------------------------------------------------------------------------

    def on_watermark(self, timestamp: int) -> int | None:
        self._context.watermark = self.evaluation.context.watermark = timestamp
        self._fire(self._context.event_time, timestamp, event_time=True)
        if self.spec.is_batch and is_end_of_time(timestamp):
            self._fire(self._context.processing_time, timestamp, event_time=False)
        self.flush()
        return timestamp

    def next_timer(self) -> int | None:
        due = self._context.processing_time.next_time()
        # a window's last millisecond is part of it
        return None if due is None else due + 1

    def on_processing_time(self, now: int) -> None:
        self._fire(self._context.processing_time, now - 1, event_time=False)
        self.flush()

    def _fire(self, queue: WindowTimerQueue, until: int, *, event_time: bool) -> None:
        while (due := queue.pop_due(until)) is not None:
            time, (key, window) = due
            state_window = self._sets.get(key, {}).get(window) if self._merges else window
            if state_window is None:
                # of a window that has been merged, by a trigger that did not delete it
                continue
            self.backend.key = key
            self._context.enter(key, window)
            on_time = self._context.on_event_time if event_time else self._context.on_processing_time
            self._act(on_time(time), key, window, state_window, time)
            if self._is_event_time == event_time and time == self._cleanup_time(window):
                self._clean(key, window, state_window)

    def _clean(self, key: Any, window: Any, state_window: Any) -> None:
        self._drop(key, state_window)
        self._context.enter(key, window)
        self._context.clear()
        self.evaluation.clear(key, window)
        if self._merges:
            self._retire(key, window)

    def _drop(self, key: Any, state_window: Any) -> None:
        panes = self._panes.get(key)
        if panes is not None:
            panes.pop(state_window, None)
            if not panes:
                del self._panes[key]

    def _cleanup_time(self, window: Any) -> int:
        end: int = window.max_timestamp()
        return min(end + self._lateness, MAX_LONG_VALUE) if self._is_event_time else end

    def _is_late(self, window: Any) -> bool:
        return self._is_event_time and self._cleanup_time(window) <= self._context.watermark

    def _register_cleanup(self, window: Any) -> None:
        time = self._cleanup_time(window)
        if time < MAX_LONG_VALUE:
            if self._is_event_time:
                self._context.register_event_time_timer(time)
            else:
                self._context.register_processing_time_timer(time)

    def _delete_cleanup(self, window: Any) -> None:
        time = self._cleanup_time(window)
        if self._is_event_time:
            self._context.delete_event_time_timer(time)
        else:
            self._context.delete_processing_time_timer(time)

    # -- state -------------------------------------------------------------------------------------------------------

    def restore_watermark(self, watermark: int) -> None:
        super().restore_watermark(watermark)
        self._context.watermark = watermark
