"""Tumbling and sliding windows by the clock, with the default trigger."""

from typing import Any

from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.operator import is_end_of_time
from penstock.operators.windows.aligned import AlignedWindowOperator
from penstock.operators.windows.shared_panes import Pane
from penstock.operators.windows.window_cursor import WindowCursor
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot, RestoredOperator
from penstock.state.timer_service import processing_time
from penstock.state.watermark_state import META

#: as state: the start of the first window that has not fired
_FIRING = "_first_window"


class ProcessingTimeWindowOperator(AlignedWindowOperator):
    """The records of a batch arrive at one time. A window that has not ended with the input is not emitted, but in
    batch mode, as in Flink."""

    has_timers = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._firing = WindowCursor(self.layout)
        self._now = 0

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        operator, pane = code.bind(self.label("windows"), self), self.label("pane")
        code.once(operator, [f"{pane} = {operator}.current_pane()"], [f"{operator}.flush()"])
        if self.layout.slide > self.layout.size:
            with code.indented(f"if {pane} is not None:"):
                self.code_add(code, rec, pane)
        else:
            self.code_add(code, rec, pane)

    def current_pane(self) -> Pane | None:
        """The pane of now; None in a gap between windows."""
        # a clock that is set back must not bring records into windows that have fired
        self._now = max(self._now, processing_time())
        start = self.layout.pane_of(self._now)
        if start not in self.panes and not self.layout.windows_of(start):
            return None
        return self.make_pane(start)

    def schedule(self, pane: int) -> None:
        self._firing.add(pane)

    def next_timer(self) -> int | None:
        window = self._firing.next_window()
        # when its last millisecond is over
        return None if window is None else window + self.layout.size

    def on_processing_time(self, now: int) -> None:
        while (window := self._firing.next_window()) is not None and window + self.layout.size <= now:
            self._firing.pass_over(window)
            self.clean(window, self.fire(window, is_last=True))
        self.flush()

    def on_watermark(self, timestamp: int) -> int | None:
        self.evaluation.context.watermark = timestamp
        if self.spec.is_batch and is_end_of_time(timestamp):
            self.on_processing_time(timestamp)
        return timestamp

    def restore(self, restored: RestoredOperator) -> None:
        # former subtasks that were snapshotted a moment apart: a result twice rather than none
        self._firing.start = min(restored.lists.get(_FIRING, ()), default=self._firing.start)
        super().restore(restored)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        snapshot = super().snapshot(checkpoint)
        first = self._firing.next_window()
        if first is None:
            # without a pane, all that have ended count as fired
            first = self.layout.first_ending_after(max(self._now, processing_time()) - 1)
        snapshot.lists[_FIRING] = ListSnapshot("union", (first,), META)
        return snapshot
