"""Keyed state of an operator in a subtask: what every backend offers, and the hash map backend (a dict a state)."""

import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from penstock.datastream.state import ListState, MapState, ValueState
from penstock.graph.key_groups import key_group
from penstock.state.clock import processing_time
from penstock.state.no_key import NO_KEY

if TYPE_CHECKING:
    from penstock.common.typeinfo import TypeInformation
    from penstock.state.ttl import Ttl

#: key group -> pickled {state name: (kind, [(key, value), …])}; the same for every backend
Snapshot = dict[int, bytes]
#: state names -> how to leave expired values out of a snapshot: stored value -> what is left of it, None for nothing
Filters = dict[str, Callable[[Any], Any]]


class KeyedStateBackend(ABC):
    """`key` is the key that state objects refer to; the operator sets it for each record and timer."""

    def __init__(self, max_parallelism: int, clock: Callable[[], int] = processing_time) -> None:
        self.key: Any = NO_KEY
        self.max_parallelism = max_parallelism
        self.clock = clock  #: epoch ms, for the time to live
        self.filters: Filters = {}
        self.on_record: list[Callable[[], None]] = []  #: cleanups that run with every record
        self._kinds: dict[str, str] = {}
        self._types: dict[str, TypeInformation] = {}

    def declare(self, name: str, kind: str, type_info: "TypeInformation | None" = None) -> None:
        """A state is about to be used. ValueError where its name is in use for another kind or type."""
        known = self._kinds.setdefault(name, kind)
        if known != kind:
            raise ValueError(f"state {name!r} is a {known} state already; give the {kind} state another name")
        if type_info is not None:
            known_type = self._types.setdefault(name, type_info)
            if known_type != type_info:
                raise ValueError(
                    f"state {name!r} has the type {known_type!r} already; the descriptor with {type_info!r} "
                    "needs another name"
                )

    def clean(self) -> None:
        """Before a record: the cleanups that asked for it."""
        for cleanup in self.on_record:
            cleanup()

    @abstractmethod
    def table(self, name: str, kind: str) -> MutableMapping[Any, Any]:
        """Key -> value of a state. ValueError where the name is in use for another kind of state.

        The same object for the life of the backend, so that operators may use it without going through the backend. A
        value that was changed has to be put again.
        """

    @abstractmethod
    def value_state(self, name: str, kind: str = "value") -> ValueState[Any]: ...

    @abstractmethod
    def list_state(self, name: str) -> ListState[Any]: ...

    @abstractmethod
    def map_state(self, name: str) -> MapState[Any, Any]: ...

    @abstractmethod
    def cleanup(self, name: str, kind: str, ttl: "Ttl") -> Callable[[], None] | None:
        """What to call with every access to a state so that expired values go; None: nothing."""

    @abstractmethod
    def entries(self) -> Iterable[tuple[str, Any, Any]]:
        """(state name, key, value) of all state; a list state's value is a list, a map state's a dict."""

    @abstractmethod
    def put(self, name: str, kind: str, key: Any, value: Any) -> None:
        """The inverse of `entries`, for one of them."""

    def close(self) -> None:  # noqa: B027 (most have nothing to free)
        """Free what is outside of memory."""

    def group_of(self, key: Any) -> int:
        """The key group with the state of a key."""
        return key_group(key, self.max_parallelism)

    def snapshot(self) -> Snapshot:
        """All state by key group, pickled at once: nothing that is changed later shows in it."""
        groups: dict[int, dict[str, tuple[str, list[tuple[Any, Any]]]]] = {}
        known: dict[Any, int] = {}
        for name, key, value in self.entries():
            if name in self.filters:
                value = self.filters[name](value)
                if value is None:
                    continue
            group = known.get(key)
            if group is None:
                group = known[key] = self.group_of(key)
            groups.setdefault(group, {}).setdefault(name, (self._kinds[name], []))[1].append((key, value))
        return {group: pickle.dumps(states, protocol=5) for group, states in groups.items()}

    def restore(self, snapshots: Iterable[Mapping[int, bytes]], owned: range) -> None:
        """Take the key groups in `owned` out of these snapshots (those of all former subtasks that overlap)."""
        for snapshot in snapshots:
            for group, payload in snapshot.items():
                if group in owned:
                    for name, (kind, entries) in pickle.loads(payload).items():
                        self.declare(name, kind)
                        for key, value in entries:
                            self.put(name, kind, key, value)


class HashMapKeyedStateBackend(KeyedStateBackend):
    """State in memory. Key groups are computed when a snapshot is taken."""

    def __init__(self, max_parallelism: int, clock: Callable[[], int] = processing_time) -> None:
        super().__init__(max_parallelism, clock)
        self._tables: dict[str, dict[Any, Any]] = {}

    def table(self, name: str, kind: str) -> dict[Any, Any]:
        self.declare(name, kind)
        return self._tables.setdefault(name, {})

    def value_state(self, name: str, kind: str = "value") -> ValueState[Any]:
        from penstock.state.states import HashMapValueState

        return HashMapValueState(self, name, kind)

    def list_state(self, name: str) -> ListState[Any]:
        from penstock.state.states import HashMapListState

        return HashMapListState(self, name)

    def map_state(self, name: str) -> MapState[Any, Any]:
        from penstock.state.states import HashMapMapState

        return HashMapMapState(self, name)

    def cleanup(self, name: str, kind: str, ttl: "Ttl") -> Callable[[], None] | None:
        from penstock.state.incremental_cleanup import IncrementalCleanup

        strategy = ttl.strategies.get_incremental_cleanup_strategy()
        if strategy is None:
            return None
        cleanup = IncrementalCleanup(self.table(name, kind), ttl.filter_of(kind), strategy.get_cleanup_size())
        if strategy.run_cleanup_for_every_record():
            self.on_record.append(cleanup.run)
        return cleanup.run

    def clear(self) -> None:
        """Forget the state of all keys."""
        for table in self._tables.values():
            table.clear()

    def entries(self) -> Iterable[tuple[str, Any, Any]]:
        for name, table in self._tables.items():
            for key, value in table.items():
                yield name, key, value

    def put(self, name: str, kind: str, key: Any, value: Any) -> None:
        self.table(name, kind)[key] = value
