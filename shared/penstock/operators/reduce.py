"""Rolling reduction of a keyed stream: one value a key."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from penstock.exchange.elements import MAX_TIMESTAMP
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.elementwise import FunctionOperator
from penstock.operators.operator import is_end_of_time
from penstock.state.backend import KeyedStateBackend


class ReduceOperator(FunctionOperator):
    """Emits each new value; with `final_only` (batch) the last one of each key, in the order of keys, at the end."""

    method = "reduce"

    def __init__(self, index: int, name: str, func: Any, backend: KeyedStateBackend, final_only: bool) -> None:
        super().__init__(index, name, func, backend)
        self._values = backend.table("_reduce", "reduce")
        self._final_only = final_only

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        self.set_key(code, rec)
        values = code.bind(self.label("values"), self._values)
        value = code.fresh("v")
        with code.indented("try:", is_block=True):
            code.line(f"{value} = {values}[{rec.key}]")
        with code.indented("except KeyError:", is_block=True):
            code.line(f"{value} = {rec.value}")
        with code.indented("else:"):
            code.line(f"{value} = {self.bind_function(code)}({value}, {rec.value})")
        code.line(f"{values}[{rec.key}] = {value}")
        if not self._final_only:
            self.chain.consume(code, self.index, None, rec.with_value(value), tail)

    def on_watermark(self, timestamp: int) -> int | None:
        # before the last watermark goes on, so that event time behind this operator still sees the results
        if self._final_only and is_end_of_time(timestamp):
            results = [self._values[key] for key in _in_order(self._values)]
            # as in Flink: it is a timer at the end of time that emits them
            self.chain.emit(self.index, results, [MAX_TIMESTAMP] * len(results))
            self._values.clear()
        return timestamp


def _in_order(keys: Iterable[Any]) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:  # keys without an order keep that of their first record
        return list(keys)


def rolling(kind: str, position: int | str) -> Callable[[Any, Any], Any]:
    """The reduction behind `sum`, `min`, `max`, `min_by`, `max_by` of a field, or of the number itself."""
    take_new = {"min": _less, "min_by": _less, "max": _greater, "max_by": _greater}.get(kind)

    def whole_record(old: Any, new: Any) -> Any:
        assert take_new is not None
        return new if take_new(_field(new, position), _field(old, position)) else old

    def one_field(old: Any, new: Any) -> Any:
        a, b = _field(old, position), _field(new, position)
        if take_new is None:
            return _with_field(old, position, a + b)
        return _with_field(old, position, b) if take_new(b, a) else old

    return whole_record if kind.endswith("_by") else one_field


def _less(a: Any, b: Any) -> bool:
    return bool(a < b)


def _greater(a: Any, b: Any) -> bool:
    return bool(a > b)


def _field(value: Any, position: int | str) -> Any:
    if _is_scalar(value):
        if position != 0:
            raise TypeError(f"field {position!r} is asked of {value!r}, which has one field: 0")
        return value
    if isinstance(position, str) and isinstance(value, tuple):
        return getattr(value, position)
    return value[position]


def _with_field(value: Any, position: int | str, new: Any) -> Any:
    if _is_scalar(value):
        return new
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        if fields is not None:
            named: Any = value
            return named._replace(**{position if isinstance(position, str) else fields[position]: new})
        if isinstance(position, int):
            at = position % len(value)
            return (*value[:at], new, *value[at + 1 :])
        raise TypeError(f"a tuple has no field {position!r}: {value!r}")
    # a copy: the record may have reached other consumers too
    changed = copy.copy(value)
    changed[position] = new
    return changed


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (int, float, complex, str, bytes)) or not hasattr(value, "__getitem__")
