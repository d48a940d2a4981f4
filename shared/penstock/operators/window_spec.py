"""The spec of a window operator."""

from dataclasses import dataclass
from typing import Any, Literal

from penstock.operators.specs import OperatorSpec


@dataclass(frozen=True, slots=True)
class WindowSpec(OperatorSpec):
    """A keyed stream in windows; `window_all` is one with a single key.

    `assigner`, `trigger`: of `penstock.datastream.window`. `contents`: what is kept of a window's records: all of them
    ("list"), or one value by `function`, which is a ReduceFunction or callable ("reduce") or an AggregateFunction
    ("aggregate"). `window_function` None: the value itself is the result. `is_keyed` False: the window function is of
    the kind that gets no key. `is_batch`: at the end of input the clock's windows end too.
    """

    assigner: Any
    trigger: Any
    contents: Literal["list", "reduce", "aggregate"]
    function: Any = None
    window_function: Any = None
    is_keyed: bool = True
    allowed_lateness: int = 0  #: ms
    late_tag: Any = None  #: an OutputTag
    is_batch: bool = False
