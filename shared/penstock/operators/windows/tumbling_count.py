"""Tumbling count windows with the default trigger: a count and contents a key."""

from typing import Any

from penstock.datastream.window.windows import CountWindow
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.contents import Contents
from penstock.operators.windows.window_operator import WindowOperatorBase
from penstock.state.hash_map import HashMapKeyedStateBackend


class TumblingCountWindowOperator(WindowOperatorBase):
    """A window is evaluated with its last record, and forgotten. What is not full at the end is not emitted."""

    def __init__(
        self, index: int, name: str, spec: WindowSpec, size: int, contents: Contents, backend: HashMapKeyedStateBackend
    ) -> None:
        super().__init__(index, name, spec, contents, backend)
        self._size = size
        #: key -> [window, its records, their contents]
        self._open: dict[Any, list[Any]] = backend.table("_count_windows", "count windows")

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        operator, add = code.bind(self.label("windows"), self), code.bind(self.label("add"), self.add)
        code.once(operator, [], [f"{operator}.flush()"])
        code.line(f"{add}({rec.key}, {rec.value}, {rec.timestamp})")

    def add(self, key: Any, value: Any, timestamp: int | None) -> None:
        """One record."""
        window = self._open.get(key)
        if window is None:
            window = self._open[key] = [0, 1, self.contents.first(value)]
        else:
            window[2] = self.contents.add(window[2], value) if window[1] else self.contents.first(value)
            window[1] += 1
        if window[1] == self._size:
            number, _, contents = window
            window[:] = number + 1, 0, None
            self.put(self.evaluation.results(key, CountWindow(number), self.contents.result(contents)), timestamp)

    def on_watermark(self, timestamp: int) -> int | None:
        self.evaluation.context.watermark = timestamp
        return timestamp
