"""Tumbling and sliding windows with the assigner's own trigger: a timer a pane instead of one a key and window.

Records are kept by pane and key. A pane is *fresh* until the first of its windows fires; while it is, a record costs
one step in the fused loop, however many windows share the pane.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

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
        self.shared: SharedPanes | ListedPanes | None = None
        if not layout.is_tumbling:
            is_list = isinstance(contents, NumberedContents)
            self.shared = (
                ListedPanes(layout, self.panes) if is_list else SharedPanes(layout, self.panes, contents.combine)
            )

    @abstractmethod
    def schedule(self, pane: int) -> None:
        """There is a new pane: its windows are to fire."""

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
            self.schedule(start)
        return pane

    # -- windows -----------------------------------------------------------------------------------------------------

    def fire(self, start: int, is_last: bool) -> Iterable[Any]:
        """Evaluate a window for all its keys, and return them. `is_last`: it never fires again."""
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
        return contents

    def clean(self, start: int, keys: Iterable[Any] | None = None) -> None:
        """Forget a window, and the panes that no later window has. `keys`: of its records, where they are known."""
        end = start + self.layout.size
        if self.evaluation.clears:
            window = TimeWindow(start, end)
            if keys is None:
                panes = self.layout.within(self.panes.keys(), start, end)
                keys = dict.fromkeys(key for pane in panes for key in self.panes[pane])
            for key in keys:
                self.evaluation.clear(key, window)
        for pane in self.layout.within(self.panes.keys(), start, min(start + self.layout.slide, end)):
            del self.panes[pane]

    # -- state -------------------------------------------------------------------------------------------------------

    def restore_panes(self, panes: dict[int, Pane]) -> None:
        """Take these, and schedule their windows."""
        for start, pane in panes.items():
            self.make_pane(start).update(pane)
        if isinstance(self.contents, NumberedContents):
            self.contents.resume(c for pane in self.panes.values() for c in pane.values())
