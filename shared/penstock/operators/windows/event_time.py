"""Tumbling and sliding event-time windows with the default trigger."""

from typing import Any

from penstock.datastream.window.windows import TimeWindow
from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.aligned import AlignedWindowOperator
from penstock.operators.windows.contents import Contents
from penstock.operators.windows.layout import WindowLayout
from penstock.operators.windows.shared_panes import Pane
from penstock.operators.windows.timestamps import no_timestamp
from penstock.operators.windows.window_cursor import WindowCursor
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
        self._firing = WindowCursor(layout)
        self._cleaning = WindowCursor(layout)
        self._pass(MIN_TIMESTAMP)

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
        if start < self._fresh_from:
            return None
        pane = self.panes.get(start)
        if pane is None and self.layout.windows_of(start):
            pane = self.make_pane(start)
        return pane

    def add_behind(self, start: int, key: Any, value: Any, timestamp: int) -> None:
        """A record for a pane that the watermark has passed, or that lies in a gap between windows."""
        size, windows = self.layout.size, self.layout.windows_of(start)
        if not windows or windows[0] < self._cleaning.start:
            if timestamp + self._lateness <= self._watermark:
                self.put_late(value, timestamp)
            return
        pane, contents = self.make_pane(start), self.contents
        pane[key] = contents.add(pane[key], value) if key in pane else contents.first(value)
        if self.shared is not None:
            self.shared.changed(start, key)
        first, step = max(windows[-1], self._cleaning.start), self.layout.slide
        ended = range(min(windows[0], self._firing.start - step), first - 1, -step)
        if ended:
            in_windows = {start: pane[key]} if self.shared is None else self.shared.of_key(key, start, ended)
            for window in ended:
                result = contents.current(in_windows[window])
                self.put(self.evaluation.results(key, TimeWindow(window, window + size), result), timestamp)

    # -- time --------------------------------------------------------------------------------------------------------

    def schedule(self, pane: int) -> None:
        self._firing.add(pane)
        if self._lateness:
            self._cleaning.add(pane)

    def on_watermark(self, timestamp: int) -> int | None:
        self.evaluation.context.watermark = timestamp
        fires, cleans = (
            self.layout.first_ending_after(timestamp),
            self.layout.first_ending_after(timestamp - self._lateness),
        )
        while True:
            fire, clean = self._firing.next_window(), self._cleaning.next_window()
            # of one time, what fires comes first
            if clean is not None and clean < cleans and (fire is None or fire > clean + self._lateness):
                self._cleaning.pass_over(clean)
                self.clean(clean)
            elif fire is not None and fire < fires:
                self._firing.pass_over(fire)
                keys = self.fire(fire, is_last=not self._lateness)
                if not self._lateness:
                    self.clean(fire, keys)
            else:
                break
        self._pass(timestamp)
        self.flush()
        return timestamp

    def _pass(self, watermark: int) -> None:
        """What has ended by then, with or without a pane, ends no more."""
        layout = self.layout
        self._watermark = watermark
        self._firing.start = layout.first_ending_after(watermark)
        self._cleaning.start = layout.first_ending_after(watermark - self._lateness)
        self._fresh_from = self._firing.start - layout.slide + layout.size

    # -- state -------------------------------------------------------------------------------------------------------

    def restore_watermark(self, watermark: int) -> None:
        super().restore_watermark(watermark)
        self._pass(watermark)
