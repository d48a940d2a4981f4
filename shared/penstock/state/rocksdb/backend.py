"""The RocksDB state backend: state on local disk, larger than memory. Snapshots are as of the hash map backend."""

import pickle
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from penstock.datastream.state import ListState, MapState, ValueState
from penstock.state.backend import KeyedStateBackend
from penstock.state.clock import processing_time
from penstock.state.memory_snapshot import MemorySnapshot
from penstock.state.portable import grouped, pickled
from penstock.state.rocksdb.cleanup import CursorCleanup
from penstock.state.rocksdb.database import Database, PredefinedOptions
from penstock.state.rocksdb.places import Places, key_at, place_of, state_prefix
from penstock.state.rocksdb.states import RocksDBListState, RocksDBMapState
from penstock.state.rocksdb.table import RocksDBTable
from penstock.state.snapshot import KeyedSnapshot
from penstock.state.states import HashMapValueState
from penstock.state.ttl import Ttl


class RocksDBKeyedStateBackend(KeyedStateBackend):
    """`directory`: where the database's own folder is made; None: the system's temporary folder."""

    def __init__(
        self,
        max_parallelism: int,
        clock: Callable[[], int] = processing_time,
        directory: str | None = None,
        profile: PredefinedOptions = PredefinedOptions.DEFAULT,
    ) -> None:
        super().__init__(max_parallelism, clock)
        self.database = Database(directory, profile)
        self._places = Places(max_parallelism)
        self._numbers: dict[str, int] = {}
        self._tables: dict[str, RocksDBTable] = {}

    def table(self, name: str, kind: str) -> RocksDBTable:
        number = self._number(name, kind)
        if name not in self._tables:
            self._tables[name] = RocksDBTable(self.database, self._places, number)
        return self._tables[name]

    def value_state(self, name: str, kind: str = "value") -> ValueState[Any]:
        return HashMapValueState(self, name, kind)

    def list_state(self, name: str) -> ListState[Any]:
        return RocksDBListState(self, self.database, self._places, self._number(name, "list"))

    def map_state(self, name: str) -> MapState[Any, Any]:
        return RocksDBMapState(self, self.database, self._places, self._number(name, "map"))

    def cleanup(self, name: str, kind: str, ttl: Ttl) -> Callable[[], None] | None:
        strategy = ttl.strategies.get_rocksdb_compact_filter_cleanup_strategy()
        if strategy is None:
            return None
        every = strategy.get_query_time_after_num_entries()
        return CursorCleanup(self.database, self._number(name, kind), kind, ttl, every).run

    def names(self) -> list[str]:
        return list(self._numbers)

    def entries_of(self, name: str) -> Iterable[tuple[Any, Any]]:
        kind = self.declarations.kind(name)
        entries = self.database.iterate(state_prefix(self._numbers[name]))
        for place, group in groupby(entries, key=lambda entry: place_of(entry[0])):
            values = [pickle.loads(value) for at, value in group if kind != "list" or len(at) > len(place)]
            if kind == "map":
                yield key_at(place), dict(values)
            elif kind != "list":
                yield key_at(place), values[0]
            elif values:
                yield key_at(place), values

    def snapshot(self) -> KeyedSnapshot:
        sources = [(name, self.group_of, self.filtered(name)) for name in self._numbers]
        groups = dict(pickled(self.declarations.operator, grouped([*sources, *self.part_sources()])))
        return MemorySnapshot(self.declarations.metas(), groups)

    def put(self, name: str, kind: str, key: Any, value: Any) -> None:
        current, self.key = self.key, key
        if kind == "list":
            self.list_state(name).update(value)
        elif kind == "map":
            self.map_state(name).put_all(value)
        else:
            self.table(name, kind)[key] = value
        self.key = current

    def close(self) -> None:
        self.database.close()

    def _number(self, name: str, kind: str) -> int:
        self.declare(name, kind)
        return self._numbers.setdefault(name, len(self._numbers))
