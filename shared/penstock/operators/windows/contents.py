"""What a window keeps of its records: one value by a reduce or aggregate function, or all of them."""

import copy
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from penstock.operators.user_function import UserFunction
from penstock.operators.window_spec import WindowSpec

_ATOMS = frozenset({int, float, str, bytes, bool, complex, type(None)})


class Contents(ABC):
    """How contents are made and used. None as a result means that there is nothing to emit, as in Flink."""

    #: source of the expression or statement for the fused loop; `{f}` is `function`, `{v}` the record
    first_code = ""
    add_code = ""

    def __init__(self, function: Any) -> None:
        self.function = function  #: what the loop calls

    @abstractmethod
    def first(self, value: Any) -> Any:
        """Contents of one record."""

    @abstractmethod
    def add(self, contents: Any, value: Any) -> Any:
        """One record more. What is passed in is given up."""

    @abstractmethod
    def merge(self, a: Any, b: Any) -> Any:
        """Of both, `a`'s records first. Both are given up."""

    def combine(self, a: Any, b: Any) -> Any:
        """Of both, which stay as they are."""
        return self.merge(a, b)

    @abstractmethod
    def result(self, contents: Any) -> Any:
        """What is emitted or given to the window function. The contents are given up."""

    def current(self, contents: Any) -> Any:
        """The same, of contents that stay and may change afterwards."""
        return self.result(contents)


class ReducedContents(Contents):
    """A reduce function changes neither of its arguments, so that values may be shared."""

    first_code = "{v}"
    add_code = "{pane}[{k}] = {f}({old}, {v})"

    def __init__(self, function: Any) -> None:
        super().__init__(UserFunction(function, "reduce").call)
        self.add = self.merge = self.combine = self.function  # type: ignore[method-assign]

    def first(self, value: Any) -> Any:
        return value

    def add(self, contents: Any, value: Any) -> Any:
        return self.function(contents, value)

    def merge(self, a: Any, b: Any) -> Any:
        return self.function(a, b)

    def result(self, contents: Any) -> Any:
        return contents


class AggregatedContents(Contents):
    """An AggregateFunction may change accumulators and return them as results: what is shared is copied."""

    first_code = "{f}({v}, {new}())"
    add_code = "{pane}[{k}] = {f}({v}, {old})"

    def __init__(self, function: Any) -> None:
        super().__init__(function.add)
        self.new = function.create_accumulator
        self._merge, self._result = function.merge, function.get_result

    def first(self, value: Any) -> Any:
        return self.function(value, self.new())

    def add(self, contents: Any, value: Any) -> Any:
        return self.function(value, contents)

    def merge(self, a: Any, b: Any) -> Any:
        return self._merge(a, b)

    def combine(self, a: Any, b: Any) -> Any:
        # spelled out: sliding windows combine about three times for each result
        if type(a) in _ATOMS and type(b) in _ATOMS:
            return self._merge(a, b)
        return self._merge(detached(a), detached(b))

    def result(self, contents: Any) -> Any:
        return self._result(contents)

    def current(self, contents: Any) -> Any:
        result = self._result(contents)
        return result if type(result) in _ATOMS else detached(result)

    def can_merge(self) -> bool:
        """Whether `merge` is there: where windows need not merge, PyFlink never calls it and programs leave it out."""
        try:
            return self._merge(self.new(), self.new()) is not None
        except Exception:
            # asked, not used: the window operator then does without
            return False


class ListedContents(Contents):
    """All records, in the order of their arrival."""

    first_code = "[{v}]"
    add_code = "{old}.append({v})"

    def __init__(self) -> None:
        super().__init__(None)

    def first(self, value: Any) -> Any:
        return [value]

    def add(self, contents: Any, value: Any) -> Any:
        contents.append(value)
        return contents

    def merge(self, a: Any, b: Any) -> Any:
        a.extend(b)
        return a

    def combine(self, a: Any, b: Any) -> Any:
        return a + b

    def result(self, contents: Any) -> Any:
        return contents

    def current(self, contents: Any) -> Any:
        return list(contents)


class NumberedContents(ListedContents):
    """The same, for panes: each record with its number, by which combined panes are brought into order again."""

    first_code = "[(next({f}), {v})]"
    add_code = "{old}.append((next({f}), {v}))"

    def __init__(self) -> None:
        super().__init__()
        self.function = itertools.count()

    def first(self, value: Any) -> Any:
        return [(next(self.function), value)]

    def add(self, contents: Any, value: Any) -> Any:
        contents.append((next(self.function), value))
        return contents

    def result(self, contents: Any) -> Any:
        return [value for _, value in sorted(contents, key=_number)]

    def current(self, contents: Any) -> Any:
        return self.result(contents)

    def resume(self, restored: Iterable[list[tuple[int, Any]]]) -> None:
        """Number new records behind those of a snapshot."""
        self.function = itertools.count(1 + max((number for entries in restored for number, _ in entries), default=-1))


def contents_of(spec: WindowSpec) -> Contents:
    """As the spec says."""
    match spec.contents:
        case "reduce":
            return ReducedContents(spec.function)
        case "aggregate":
            return AggregatedContents(spec.function)
        case _:
            return ListedContents()


def detached(value: Any) -> Any:
    """The value itself where it cannot change, else a deep copy."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple and all(type(field) in _ATOMS for field in value):
        return value
    if kind is list and all(type(item) in _ATOMS for item in value):
        return value[:]
    return copy.deepcopy(value)


def _number(entry: tuple[int, Any]) -> int:
    return entry[0]
