"""The hash map backend: a dict a state, in memory. Key groups are computed when a snapshot is taken, or restored."""

from collections.abc import Callable, Iterable
from typing import Any

from penstock.datastream.state import ListState, MapState, ValueState
from penstock.state.backend import KeyedStateBackend
from penstock.state.clock import processing_time
from penstock.state.heap_snapshot import HeapSnapshots
from penstock.state.portable import Group, Source
from penstock.state.snapshot import KeyedSnapshot
from penstock.state.ttl import Ttl


class HashMapKeyedStateBackend(KeyedStateBackend):
    """Values are kept as they are given, so that user code may change them in place."""

    def __init__(self, max_parallelism: int, clock: Callable[[], int] = processing_time) -> None:
        super().__init__(max_parallelism, clock)
        self._tables: dict[str, dict[Any, Any]] = {}
        self._snapshots = HeapSnapshots(self.groups_of, mixes=True)

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

    def cleanup(self, name: str, kind: str, ttl: Ttl) -> Callable[[], None] | None:
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

    def names(self) -> list[str]:
        return list(self._tables)

    def entries_of(self, name: str) -> Iterable[tuple[Any, Any]]:
        return self._tables.get(name, {}).items()

    def put(self, name: str, kind: str, key: Any, value: Any) -> None:
        self.table(name, kind)[key] = value

    def take_states(self, found: Group) -> None:
        for name, entries in found.items():
            self.table(name, self.declarations.kind(name)).update(entries)

    def snapshot(self) -> KeyedSnapshot:
        sizes = [len(table) for table in self._tables.values()] + [len(part) for part in self._parts.values()]
        return self._snapshots.take(self.declarations.operator, self.declarations.metas(), self._sources, sum(sizes))

    def _sources(self) -> Iterable[Source]:
        for name, table in self._tables.items():
            if name in self.filters:
                yield Source(name, self.filtered(name), made=len(table))
            else:
                yield Source(name, table)
        yield from self.part_sources()
