"""States whose values expire: each wraps a state of `(value, last access)`, of whichever backend.

Source: Flink's `TtlValueState` and so on. An expired value that is read goes; whether that read still sees it is the
visibility's choice.
"""

from collections.abc import Callable, Iterable
from typing import Any

from penstock.datastream.state import AggregatingState, ListState, MapState, ReducingState, ValueState
from penstock.state.ttl import Stamped, Ttl


class _Cell:
    """One stamped value a key."""

    __slots__ = ("_inner", "_ttl")

    def __init__(self, inner: ValueState[Any], ttl: Ttl) -> None:
        self._inner, self._ttl = inner, ttl

    def read(self) -> Stamped | None:
        """What is visible."""
        self._ttl.on_access()
        stamped: Stamped | None = self._inner.value()
        if stamped is None:
            return None
        if self._ttl.is_expired(stamped):
            self._inner.clear()
            return stamped if self._ttl.returns_expired else None
        if self._ttl.updates_on_read:
            self._inner.update(self._ttl.stamp(stamped[0]))
        return stamped

    def write(self, value: Any) -> None:
        self._ttl.on_access()
        self._inner.update(self._ttl.stamp(value))

    def clear(self) -> None:
        self._ttl.on_access()
        self._inner.clear()


class TtlValueState(ValueState[Any]):
    __slots__ = ("_cell",)

    def __init__(self, inner: ValueState[Any], ttl: Ttl) -> None:
        self._cell = _Cell(inner, ttl)

    def value(self) -> Any:
        stamped = self._cell.read()
        return None if stamped is None else stamped[0]

    def update(self, value: Any) -> None:
        if value is None:
            self._cell.clear()
        else:
            self._cell.write(value)

    def clear(self) -> None:
        self._cell.clear()


class TtlReducingState(ReducingState[Any]):
    """An expired reduction is forgotten: the next value starts a new one."""

    __slots__ = ("_cell", "_reduce")

    def __init__(self, inner: ValueState[Any], reduce: Callable[[Any, Any], Any], ttl: Ttl) -> None:
        self._cell, self._reduce = _Cell(inner, ttl), reduce

    def get(self) -> Any:
        stamped = self._cell.read()
        return None if stamped is None else stamped[0]

    def add(self, value: Any) -> None:
        stamped = self._cell.read()
        self._cell.write(value if stamped is None else self._reduce(stamped[0], value))

    def clear(self) -> None:
        self._cell.clear()


class TtlAggregatingState(AggregatingState[Any, Any]):
    """An expired accumulator is forgotten."""

    __slots__ = ("_cell", "_function")

    def __init__(self, inner: ValueState[Any], function: Any, ttl: Ttl) -> None:
        self._cell, self._function = _Cell(inner, ttl), function

    def get(self) -> Any:
        stamped = self._cell.read()
        return None if stamped is None else self._function.get_result(stamped[0])

    def add(self, value: Any) -> None:
        stamped = self._cell.read()
        accumulator = self._function.create_accumulator() if stamped is None else stamped[0]
        self._cell.write(self._function.add(value, accumulator))

    def clear(self) -> None:
        self._cell.clear()


class TtlListState(ListState[Any]):
    """Each element expires by itself; the list goes with the last of them."""

    __slots__ = ("_inner", "_ttl")

    def __init__(self, inner: ListState[Any], ttl: Ttl) -> None:
        self._inner, self._ttl = inner, ttl

    def get(self) -> list[Any]:
        self._ttl.on_access()
        stored = list(self._inner.get() or ())
        live = [e for e in stored if not self._ttl.is_expired(e)]
        if stored and not live:
            self._inner.clear()
        elif live and self._ttl.updates_on_read:
            self._inner.update([self._ttl.stamp(value) for value, _ in live])
        return [value for value, _ in (stored if self._ttl.returns_expired else live)]

    def add(self, value: Any) -> None:
        self._ttl.on_access()
        self._inner.add(self._ttl.stamp(value))

    def add_all(self, values: Iterable[Any]) -> None:
        self._ttl.on_access()
        self._inner.add_all([self._ttl.stamp(value) for value in values])

    def update(self, values: Iterable[Any]) -> None:
        self._ttl.on_access()
        self._inner.update([self._ttl.stamp(value) for value in values])

    def clear(self) -> None:
        self._ttl.on_access()
        self._inner.clear()


class TtlMapState(MapState[Any, Any]):
    """Each entry expires by itself. As in Flink `is_empty` also counts expired entries that are still there."""

    __slots__ = ("_inner", "_ttl")

    def __init__(self, inner: MapState[Any, Any], ttl: Ttl) -> None:
        self._inner, self._ttl = inner, ttl

    def get(self, key: Any) -> Any:
        self._ttl.on_access()
        stamped = self._visible(key, self._inner.get(key))
        return None if stamped is None else stamped[0]

    def contains(self, key: Any) -> bool:
        self._ttl.on_access()
        return self._visible(key, self._inner.get(key)) is not None

    def put(self, key: Any, value: Any) -> None:
        self._ttl.on_access()
        self._inner.put(key, self._ttl.stamp(value))

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        self._ttl.on_access()
        self._inner.put_all({key: self._ttl.stamp(value) for key, value in dict(dict_value).items()})

    def remove(self, key: Any) -> None:
        self._ttl.on_access()
        self._inner.remove(key)

    def items(self) -> list[tuple[Any, Any]]:
        self._ttl.on_access()
        # a list first: what has expired is removed on the way
        found = ((key, self._visible(key, stamped)) for key, stamped in list(self._inner.items()))
        return [(key, stamped[0]) for key, stamped in found if stamped is not None]

    def keys(self) -> list[Any]:
        return [key for key, _ in self.items()]

    def values(self) -> list[Any]:
        return [value for _, value in self.items()]

    def is_empty(self) -> bool:
        self._ttl.on_access()
        return self._inner.is_empty()

    def clear(self) -> None:
        self._ttl.on_access()
        self._inner.clear()

    def _visible(self, key: Any, stamped: Stamped | None) -> Stamped | None:
        if stamped is None:
            return None
        if self._ttl.is_expired(stamped):
            self._inner.remove(key)
            return stamped if self._ttl.returns_expired else None
        if self._ttl.updates_on_read:
            self._inner.put(key, self._ttl.stamp(stamped[0]))
        return stamped
