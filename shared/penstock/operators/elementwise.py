"""map, filter, flat_map: one function call a record; on a keyed stream with the key's state within reach."""

from typing import Any

from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.operator import Operator
from penstock.operators.results import write_results
from penstock.operators.user_function import UserFunction
from penstock.state.backend import KeyedStateBackend
from penstock.state.function_state import FunctionState
from penstock.state.no_key import NO_KEY
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator


class FunctionOperator(Operator):
    """An operator around one user function."""

    method = ""

    def __init__(self, index: int, name: str, func: Any, backend: KeyedStateBackend | None = None) -> None:
        super().__init__(index, name)
        self.function = UserFunction(func, self.method)
        self.backend = backend
        self._function_state = FunctionState(name, func)

    def open(self, context: Any) -> None:
        self._function_state.initialize()
        self.function.open(context)

    def close(self) -> None:
        if self.backend is not None:
            self.backend.key = NO_KEY
        self.function.close()

    def bind_function(self, code: ChainCode) -> str:
        stem = self.function.identifier or self.method
        return code.bind(self.label(stem), self.function.call)

    def set_key(self, code: ChainCode, rec: Rec) -> None:
        """Make the record's key the one that state refers to. Only rich functions have state."""
        if self.backend is not None and self.function.is_rich:
            assert rec.key is not None, f"{self.name}: keyed state needs a keyed input"
            state = code.bind(self.label("state"), self.backend)
            if self.backend.on_record:
                code.line(f"{state}.clean()")
            code.line(f"{state}.key = {rec.key}")

    def restore(self, restored: RestoredOperator) -> None:
        self._function_state.restore(restored)
        if self.backend is not None:
            self.backend.restore(restored)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        if self.backend is not None:
            self.backend.key = NO_KEY
        # first: the function may raise, or change what else it has
        lists = dict(self._function_state.snapshot(checkpoint))
        return OperatorSnapshot(None if self.backend is None else self.backend.snapshot(), lists)


class MapOperator(FunctionOperator):
    method = "map"

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self.set_key(code, rec)
        value = code.fresh("v")
        code.line(f"{value} = {self.bind_function(code)}({rec.value})")
        self.chain.consume(code, self.index, None, rec.with_value(value), tail)


class FilterOperator(FunctionOperator):
    method = "filter"

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self.set_key(code, rec)
        condition = f"{self.bind_function(code)}({rec.value})"
        code.skip_unless(condition, tail, lambda: self.chain.consume(code, self.index, None, rec, tail))


class FlatMapOperator(FunctionOperator):
    method = "flat_map"

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self.set_key(code, rec)
        call = f"{self.bind_function(code)}({rec.value})"
        write_results(code, self, self.function, call, rec, takes_tags=bool(self.chain.side_outputs(self.index)))
