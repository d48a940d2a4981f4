"""Tumbling and sliding windows with the assigner's own trigger: a timer a window instead of one a key and window.

Records are kept by pane and key. A pane is *fresh* until the first of its windows fires; while it is, a record costs
one step in the fused loop, however many windows share the pane.
"""

import heapq
from abc import abstractmethod

from penstock.datastream.window.windows import TimeWindow
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.contents import AggregatedContents, Contents, NumberedContents
from penstock.operators.windows.layout import WindowLayout
from penstock.operators.windows.pane_state import PaneState
from penstock.operators.windows.shared_panes import ListedPanes, Pane, SharedPanes
from penstock.operators.windows.window_operator import WindowOperatorBase
from penstock.state.hash_map import HashMapKeyedStateBackend


class AlignedWindowOperator(WindowOperatorBase):
    """What the event-time and the processing-time operator share."""

    def __init__(
        self,
        index: int,
        name: str,
        spec: WindowSpec,
        layout: WindowLayout,
        contents: Contents,
        backend: HashMapKeyedStateBackend,
    ) -> None:
        super().__init__(index, name, spec, contents, backend)
        self.layout = layout
        self.panes: dict[int, Pane] = {}
        backend.register("_panes", PaneState(self.panes, self.restore_panes))
        self.fresh: dict[int, Pane] = {}
        self.shared: SharedPanes | ListedPanes | None = None
        if not layout.is_tumbling:
            is_list = isinstance(contents, NumberedContents)
            self.shared = (
                ListedPanes(layout, self.panes) if is_list else SharedPanes(layout, self.panes, contents.combine)
            )

    @abstractmethod
    def schedule(self, start: int) -> None:
        """A window has got its first pane."""

    # -- records -----------------------------------------------------------------------------------------------------

    def code_add(self, code: ChainCode, rec: Rec, pane: str) -> None:
        """Write how a record is added to a pane."""
        function = code.bind(self.label("add"), self.contents.function)
        assert rec.key is not None, f"{self.name}: windows need a keyed input"
        names = {"pane": pane, "k": rec.key, "v": rec.value, "old": code.fresh("c"), "f": function}
        if isinstance(self.contents, AggregatedContents):
            names["new"] = code.bind(self.label("create_accumulator"), self.contents.new)
        with code.indented("try:", is_block=True):
            code.line("{old} = {pane}[{k}]".format(**names))
        with code.indented("except KeyError:", is_block=True):
            code.line(("{pane}[{k}] = " + self.contents.first_code).format(**names))
        with code.indented("else:"):
            code.line(self.contents.add_code.format(**names))

    def make_pane(self, start: int) -> Pane:
        """The pane, made where there is none, and its windows scheduled."""
        pane = self.panes.get(start)
        if pane is None:
            pane = self.panes[start] = {}
            for window in self.layout.windows_of(start):
                self.schedule(window)
        return pane

    # -- windows -----------------------------------------------------------------------------------------------------

    def fire(self, start: int, is_last: bool) -> None:
        """Evaluate a window for all its keys. `is_last`: it never fires again."""
        for pane in self.layout.within(self.fresh.keys(), start, start + self.layout.size):
            del self.fresh[pane]
        if self.shared is not None:
            contents, result = self.shared.window(start), self.contents.current
        else:
            contents = self.panes.get(start, {})
            result = self.contents.result if is_last else self.contents.current
        window = TimeWindow(start, start + self.layout.size)
        timestamp = window.max_timestamp()
        if self.evaluation.evaluate is None:
            self.put([r for c in contents.values() if (r := result(c)) is not None], timestamp)
        else:
            for key, content in contents.items():
                self.put(self.evaluation.results(key, window, result(content)), timestamp)

    def clean(self, start: int) -> None:
        """Forget a window, and the panes that no later window has."""
        end = start + self.layout.size
        if self.evaluation.clears:
            window = TimeWindow(start, end)
            panes = self.layout.within(self.panes.keys(), start, end)
            for key in dict.fromkeys(key for pane in panes for key in self.panes[pane]):
                self.evaluation.clear(key, window)
        for pane in self.layout.within(self.panes.keys(), start, min(start + self.layout.slide, end)):
            del self.panes[pane]
            self.fresh.pop(pane, None)

    # -- state -------------------------------------------------------------------------------------------------------

    def restore_panes(self, panes: dict[int, Pane]) -> None:
        """Take these, and schedule their windows."""
        for start, pane in panes.items():
            self.make_pane(start).update(pane)
        if isinstance(self.contents, NumberedContents):
            self.contents.resume(c for pane in self.panes.values() for c in pane.values())


class WindowTimers:
    """Heap of (time, cleanup or not, window start), each once."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[tuple[int, bool, int]] = []

    def add(self, time: int, is_cleanup: bool, start: int) -> None:
        heapq.heappush(self._heap, (time, is_cleanup, start))

    def next_time(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def pop_due(self, until: int) -> tuple[int, bool, int] | None:
        """The earliest at or before `until`."""
        return heapq.heappop(self._heap) if self._heap and self._heap[0][0] <= until else None
