"""Tumbling and sliding event-time windows with the default trigger."""

from typing import Any

from penstock.datastream.window.windows import TimeWindow
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.aligned import AlignedWindowOperator, WindowTimers
from penstock.operators.windows.contents import Contents
from penstock.operators.windows.layout import WindowLayout
from penstock.operators.windows.shared_panes import Pane
from penstock.operators.windows.timestamps import no_timestamp
from penstock.state.hash_map import HashMapKeyedStateBackend


class EventTimeWindowOperator(AlignedWindowOperator):
    """A window fires when the watermark comes to its end, again for each record behind that, and is forgotten after
    the allowed lateness."""

    def __init__(
        self,
        index: int,
        name: str,
        spec: WindowSpec,
        layout: WindowLayout,
        contents: Contents,
        backend: HashMapKeyedStateBackend,
    ) -> None:
        super().__init__(index, name, spec, layout, contents, backend)
        self._lateness = spec.allowed_lateness
        self._watermark = MIN_TIMESTAMP
        self._timers = WindowTimers()
        self._scheduled: set[int] = set()

    # -- records -----------------------------------------------------------------------------------------------------

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        operator = code.bind(self.label("windows"), self)
        if rec.timestamp is None:
            code.line(f"{operator}.refuse()")
            return
        last, pane, start = self.label("last"), self.label("pane"), code.fresh("start")
        code.once(
            operator,
            [f"{last} = {pane} = None", "if None in timestamps:", f"    {operator}.refuse()"],
            [f"{operator}.flush()"],
        )
        offset = f" - {self.layout.offset}" if self.layout.offset else ""
        time = f"({rec.timestamp}{offset})" if offset else rec.timestamp
        code.line(f"{start} = {rec.timestamp} - {time} % {self.layout.pane}")
        with code.indented(f"if {start} != {last}:"):
            code.line(f"{last}, {pane} = {start}, {operator}.fresh_pane({start})")
        with code.indented(f"if {pane} is None:"):
            code.line(f"{operator}.add_behind({start}, {rec.key}, {rec.value}, {rec.timestamp})")
        with code.indented("else:"):
            self.code_add(code, rec, pane)

    def refuse(self) -> None:
        """ValueError: a record without a timestamp."""
        raise no_timestamp(self.spec.assigner)

    def fresh_pane(self, start: int) -> Pane | None:
        """A pane none of whose windows has fired; None where that is not so."""
        pane = self.fresh.get(start)
        if pane is None and start not in self.panes:
            windows = self.layout.windows_of(start)
            if windows and windows[-1] + self.layout.size - 1 > self._watermark:
                pane = self.fresh[start] = self.make_pane(start)
        return pane

    def add_behind(self, start: int, key: Any, value: Any, timestamp: int) -> None:
        """A record for a pane that the watermark has passed, or that lies in a gap between windows."""
        size = self.layout.size
        alive = [w for w in self.layout.windows_of(start) if w + size - 1 + self._lateness > self._watermark]
        if not alive:
            if timestamp + self._lateness <= self._watermark:
                self.put_late(value, timestamp)
            return
        pane, contents = self.make_pane(start), self.contents
        pane[key] = contents.add(pane[key], value) if key in pane else contents.first(value)
        if self.shared is not None:
            self.shared.changed(start, key)
        ended = [w for w in alive if w + size - 1 <= self._watermark]
        if ended:
            in_windows = {start: pane[key]} if self.shared is None else self.shared.of_key(key, start, ended)
            for window in ended:
                result = contents.current(in_windows[window])
                self.put(self.evaluation.results(key, TimeWindow(window, window + size), result), timestamp)

    # -- time --------------------------------------------------------------------------------------------------------

    def schedule(self, start: int) -> None:
        end = start + self.layout.size - 1
        if start in self._scheduled or end + self._lateness <= self._watermark:
            return
        self._scheduled.add(start)
        if end > self._watermark:
            self._timers.add(end, False, start)
        if self._lateness:
            self._timers.add(end + self._lateness, True, start)

    def on_watermark(self, timestamp: int) -> int | None:
        self._watermark = self.evaluation.context.watermark = timestamp
        while (due := self._timers.pop_due(timestamp)) is not None:
            _, is_cleanup, start = due
            if not is_cleanup:
                self.fire(start, is_last=not self._lateness)
            if is_cleanup or not self._lateness:
                self._scheduled.discard(start)
                self.clean(start)
        self.flush()
        return timestamp

    # -- state -------------------------------------------------------------------------------------------------------

    def restore_watermark(self, watermark: int) -> None:
        super().restore_watermark(watermark)
        self._watermark = watermark

    def restore_panes(self, panes: dict[int, Pane]) -> None:
        super().restore_panes(panes)
        size = self.layout.size
        for start, pane in self.panes.items():
            if self.layout.windows_of(start)[-1] + size - 1 > self._watermark:
                self.fresh[start] = pane
