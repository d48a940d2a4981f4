"""map, flat_map and process over two inputs: one function object, a method for each side; keyed: state and timers."""

from typing import Any

from penstock.datastream.co_functions import CoProcessFunction, KeyedCoProcessFunction
from penstock.datastream.timerservice import TimerService
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.elementwise import FunctionOperator
from penstock.operators.keyed_process import KeyedContext, KeyedProcessOperator
from penstock.operators.process import ElementContext
from penstock.operators.results import write_results
from penstock.operators.user_function import UserFunction
from penstock.state.backend import KeyedStateBackend
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator
from penstock.state.timer_service import UnkeyedTimerService
from penstock.state.watermark_state import restored_watermark, watermark_list


class CoElementContext(ElementContext, CoProcessFunction.Context):
    """One object an operator, for both sides."""


class CoKeyedContext(KeyedContext, KeyedCoProcessFunction.OnTimerContext, CoProcessFunction.Context):
    """A CoProcessFunction gets it too where the streams are keyed."""


class TwoMethods:
    """The calls of both sides. `kind`: map, flat_map or process."""

    def __init__(self, kind: str, first: UserFunction, func: Any, second_method: str) -> None:
        self._kind = kind
        self._functions = (first, UserFunction(func, second_method))

    def write(self, code: ChainCode, operator: FunctionOperator, side: int, rec: Rec, context: str | None) -> None:
        """Call the side's method, and let its results go on."""
        function = self._functions[side]
        name = code.bind(operator.label(f"{self._kind}{side + 1}"), function.call)
        call = f"{name}({rec.value})" if context is None else f"{name}({rec.value}, {context})"
        if self._kind == "map":
            value = code.fresh("v")
            code.line(f"{value} = {call}")
            # PyFlink's CoMap: None is no record
            code.skip_unless(
                f"({value} is not None)",
                True,
                lambda: operator.chain.consume(code, operator.index, None, rec.with_value(value), True),
            )
        else:
            write_results(code, operator, function, call, rec, takes_tags=operator.takes_tags)


_METHODS = {
    "map": ("map1", "map2"),
    "flat_map": ("flat_map1", "flat_map2"),
    "process": ("process_element1", "process_element2"),
}


class CoProcessOperator(FunctionOperator):
    """Not keyed."""

    inputs = 2

    def __init__(self, index: int, name: str, kind: str, func: Any) -> None:
        self.method, second = _METHODS[kind]
        self.takes_tags = self._has_context = kind == "process"
        super().__init__(index, name, func)
        self._methods = TwoMethods(kind, self.function, func, second)
        self._timers: Any = UnkeyedTimerService()
        self._context = CoElementContext(self._timers)

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self._write(code, rec, 0)

    def code_second(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self._write(code, rec, 1)

    def _write(self, code: ChainCode, rec: Rec, side: int) -> None:
        context = None
        if self._has_context:
            context = code.bind(self.label("ctx"), self._context)
            code.line(f"{context}.element_timestamp = {rec.timestamp}")
        self._methods.write(code, self, side, rec, context)

    def on_watermark(self, timestamp: int) -> int | None:
        self._timers.watermark = timestamp
        return timestamp

    def restore(self, restored: RestoredOperator) -> None:
        super().restore(restored)
        self._timers.watermark = restored_watermark(restored)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        snapshot = super().snapshot(checkpoint)
        snapshot.lists.update(watermark_list(self._timers.watermark))
        return snapshot


class KeyedCoProcessOperator(KeyedProcessOperator):
    """Both inputs keyed: they share the key's state and timers."""

    inputs = 2

    def __init__(self, index: int, name: str, kind: str, func: Any, backend: KeyedStateBackend) -> None:
        self.method, second = _METHODS[kind]
        self.takes_tags = self._has_context = kind == "process"
        super().__init__(index, name, func, backend)
        self._methods = TwoMethods(kind, self.function, func, second)

    def make_context(self, backend: KeyedStateBackend, timers: TimerService) -> KeyedContext:
        return CoKeyedContext(backend, timers)

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self._write(code, rec, 0)

    def code_second(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self._write(code, rec, 1)

    def _write(self, code: ChainCode, rec: Rec, side: int) -> None:
        self.set_key(code, rec)
        context = None
        if self._has_context:
            context = code.bind(self.label("ctx"), self._context)
            code.line(f"{context}.element_timestamp = {rec.timestamp}")
        self._methods.write(code, self, side, rec, context)
