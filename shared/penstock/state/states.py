"""State objects: each looks one key up in one table. Lists and maps are changed in place, so their table is a dict."""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, Protocol

from penstock.datastream.state import AggregatingState, ListState, MapState, ReducingState, ValueState


class Tables(Protocol):
    """What states need of a backend."""

    key: Any

    def table(self, name: str, kind: str) -> MutableMapping[Any, Any]:
        """As `KeyedStateBackend.table`."""


class HashMapValueState(ValueState[Any]):
    """None where nothing was set."""

    __slots__ = ("_backend", "_table")

    def __init__(self, backend: Tables, name: str, kind: str = "value") -> None:
        self._backend, self._table = backend, backend.table(name, kind)

    def value(self) -> Any:
        return self._table.get(self._backend.key)

    def update(self, value: Any) -> None:
        # Flink: updating with null clears
        if value is None:
            self._table.pop(self._backend.key, None)
        else:
            self._table[self._backend.key] = value

    def clear(self) -> None:
        self._table.pop(self._backend.key, None)


class HashMapListState(ListState[Any]):
    """An empty list where nothing was added."""

    __slots__ = ("_backend", "_table")

    def __init__(self, backend: Tables, name: str) -> None:
        self._backend, self._table = backend, backend.table(name, "list")

    def get(self) -> list[Any]:
        # a copy: a generator over the state must not see what is added or cleared meanwhile
        return list(self._table.get(self._backend.key, ()))

    def add(self, value: Any) -> None:
        self._table.setdefault(self._backend.key, []).append(value)

    def add_all(self, values: Iterable[Any]) -> None:
        self._table.setdefault(self._backend.key, []).extend(values)

    def update(self, values: Iterable[Any]) -> None:
        self._table[self._backend.key] = list(values)

    def clear(self) -> None:
        self._table.pop(self._backend.key, None)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.get())


class HashMapMapState(MapState[Any, Any]):
    """A dict a key."""

    __slots__ = ("_backend", "_table")

    def __init__(self, backend: Tables, name: str) -> None:
        self._backend, self._table = backend, backend.table(name, "map")

    def _entries(self) -> dict[Any, Any]:
        found: dict[Any, Any] = self._table.get(self._backend.key) or {}
        return found

    def get(self, key: Any) -> Any:
        return self._entries().get(key)

    def put(self, key: Any, value: Any) -> None:
        self._table.setdefault(self._backend.key, {})[key] = value

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        self._table.setdefault(self._backend.key, {}).update(dict_value)

    def remove(self, key: Any) -> None:
        entries = self._entries()
        entries.pop(key, None)
        if not entries:
            self.clear()

    def contains(self, key: Any) -> bool:
        return key in self._entries()

    # copies: the function may change the state while it goes through it
    def items(self) -> list[tuple[Any, Any]]:
        return list(self._entries().items())

    def keys(self) -> list[Any]:
        return list(self._entries())

    def values(self) -> list[Any]:
        return list(self._entries().values())

    def is_empty(self) -> bool:
        return not self._entries()

    def clear(self) -> None:
        self._table.pop(self._backend.key, None)

    def __contains__(self, key: Any) -> bool:
        return self.contains(key)

    def __getitem__(self, key: Any) -> Any:
        return self.get(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.put(key, value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())


class HashMapReducingState(ReducingState[Any]):
    """The reduction of all values added; None where there is none."""

    __slots__ = ("_backend", "_reduce", "_table")

    def __init__(self, backend: Tables, name: str, reduce: Callable[[Any, Any], Any]) -> None:
        self._backend, self._table, self._reduce = backend, backend.table(name, "reducing"), reduce

    def get(self) -> Any:
        return self._table.get(self._backend.key)

    def add(self, value: Any) -> None:
        key = self._backend.key
        self._table[key] = self._reduce(self._table[key], value) if key in self._table else value

    def clear(self) -> None:
        self._table.pop(self._backend.key, None)


class HashMapAggregatingState(AggregatingState[Any, Any]):
    """The result of an AggregateFunction over all values added; None where there is none."""

    __slots__ = ("_backend", "_function", "_table")

    def __init__(self, backend: Tables, name: str, function: Any) -> None:
        self._backend, self._table, self._function = backend, backend.table(name, "aggregating"), function

    def get(self) -> Any:
        key = self._backend.key
        return self._function.get_result(self._table[key]) if key in self._table else None

    def add(self, value: Any) -> None:
        if value is None:  # Flink: adding null clears
            self.clear()
            return
        key = self._backend.key
        accumulator = self._table[key] if key in self._table else self._function.create_accumulator()
        self._table[key] = self._function.add(value, accumulator)

    def clear(self) -> None:
        self._table.pop(self._backend.key, None)
