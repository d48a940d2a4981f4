"""The RocksDB state backend: state on local disk, larger than memory; its checkpoints share files."""

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from penstock.datastream.state import ListState, MapState, ValueState
from penstock.state.backend import KeyedStateBackend
from penstock.state.clock import processing_time
from penstock.state.heap_snapshot import HeapSnapshots
from penstock.state.portable import Group, read_group
from penstock.state.rocksdb.cleanup import CursorCleanup
from penstock.state.rocksdb.codec import Codec, Entry, values_of
from penstock.state.rocksdb.database import Database, PredefinedOptions
from penstock.state.rocksdb.files import BACKEND, EXTRA, Extra, FileNames, read_extra
from penstock.state.rocksdb.places import Places, state_prefix
from penstock.state.rocksdb.reader import FolderReader
from penstock.state.rocksdb.snapshot import RocksDBSnapshot
from penstock.state.rocksdb.states import RocksDBListState, RocksDBMapState
from penstock.state.rocksdb.table import RocksDBTable
from penstock.state.snapshot import KeyedSnapshot, NativeFiles, RestoredKeyed, RestoredOperator
from penstock.state.states import HashMapValueState
from penstock.state.ttl import Ttl


class RocksDBKeyedStateBackend(KeyedStateBackend):
    """`directory`: where the database's own folder is made; None: the system's temporary folder.

    `memory`: as of `Database`. Registered parts stay in memory.
    """

    def __init__(
        self,
        max_parallelism: int,
        clock: Callable[[], int] = processing_time,
        directory: str | None = None,
        profile: PredefinedOptions = PredefinedOptions.DEFAULT,
        memory: int | None = None,
    ) -> None:
        super().__init__(max_parallelism, clock)
        self.database = Database(directory, profile, memory)
        self._names = FileNames(uuid.uuid4().hex)
        self._places = Places(max_parallelism)
        self._numbers: dict[str, int] = {}
        self._tables: dict[str, RocksDBTable] = {}
        self._adopted: Extra | None = None
        self._snapshots = HeapSnapshots(self.groups_of, mixes=False)

    # -- states ------------------------------------------------------------------------------------------------------

    def table(self, name: str, kind: str) -> RocksDBTable:
        number = self._number(name, kind)
        if name not in self._tables:
            self._tables[name] = RocksDBTable(self.database, self._places, number, self._codec(name))
        return self._tables[name]

    def value_state(self, name: str, kind: str = "value") -> ValueState[Any]:
        return HashMapValueState(self, name, kind)

    def list_state(self, name: str) -> ListState[Any]:
        return RocksDBListState(self, self.database, self._places, self._number(name, "list"), self._codec(name))

    def map_state(self, name: str) -> MapState[Any, Any]:
        return RocksDBMapState(self, self.database, self._places, self._number(name, "map"), self._codec(name))

    def cleanup(self, name: str, kind: str, ttl: Ttl) -> Callable[[], None] | None:
        strategy = ttl.strategies.get_rocksdb_compact_filter_cleanup_strategy()
        if strategy is None:
            return None
        every = strategy.get_query_time_after_num_entries()
        return CursorCleanup(self.database, self._number(name, kind), kind, ttl, every).run

    # -- contents ----------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        return list(self._numbers)

    def entries_of(self, name: str) -> Iterable[tuple[Any, Any]]:
        if name not in self._numbers:
            return ()
        return values_of(self.declarations.kind(name), self.database.iterate(state_prefix(self._numbers[name])))

    def put(self, name: str, kind: str, key: Any, value: Any) -> None:
        if kind in ("list", "map"):
            place = state_prefix(self._number(name, kind)) + self._places.of_key(key)
            for at, _ in self.database.scan(place):
                self.database.delete(at)
        self.database.write_all(self._entries(name, kind, key, value))

    def close(self) -> None:
        self.database.close()

    def _entries(self, name: str, kind: str, key: Any, value: Any) -> Iterator[Entry]:
        place = state_prefix(self._number(name, kind)) + self._places.of_key(key)
        return self._codec(name).entries(kind, place, key, value)

    def _codec(self, name: str) -> Codec:
        return Codec(self.declarations, name)

    def _number(self, name: str, kind: str) -> int:
        self.declare(name, kind)
        return self._numbers.setdefault(name, max(self._numbers.values(), default=-1) + 1)

    # -- checkpoints -------------------------------------------------------------------------------------------------

    def snapshot(self) -> KeyedSnapshot:
        operator, metas = self.declarations.operator, self.declarations.metas()
        parts = self._snapshots.take(
            operator, metas, self.part_sources, sum(len(part) for part in self._parts.values())
        )
        try:
            folder = self.database.checkpoint()
        except BaseException:
            parts.release()
            raise
        return RocksDBSnapshot(operator, folder, parts, dict(self._numbers), self._names, dict(self.filters))

    def restore(self, restored: RestoredOperator) -> None:
        if len(restored.keyed) == 1:
            former = restored.keyed[0]
            if former.native is not None and range(former.start, former.stop) == restored.owned:
                self._adopted = self._adopt(former.native)
        super().restore(restored)

    def take(self, former: RestoredKeyed, owned: range, parts: dict[str, list[tuple[Any, Any]]]) -> None:
        native = former.native
        if native is None or native.backend != BACKEND:
            super().take(former, owned, parts)
            return
        extra, self._adopted = self._adopted or self._copy(native, owned), None
        for group, state in extra.parts.items():
            if group in owned:
                self.take_found(read_group(state), parts)

    def take_states(self, found: Group) -> None:
        for name, entries in found.items():
            kind, codec = self.declarations.kind(name), self._codec(name)
            prefix, place_of = state_prefix(self._number(name, kind)), self._places.of_key
            self.database.write_all(
                entry for key, value in entries for entry in codec.entries(kind, prefix + place_of(key), key, value)
            )

    def _renumbered(self, entries: Iterable[tuple[str, Entry]]) -> Iterator[Entry]:
        for name, (key, value) in entries:
            yield state_prefix(self._number(name, self.declarations.kind(name))) + key, value

    def _copy(self, native: NativeFiles, owned: range) -> Extra:
        """Take the entries of some key groups out of the files, which go."""
        extra = read_extra(native.folder)
        FileNames("").take_back(native.folder)
        reader = FolderReader(native.folder, extra.numbers)
        try:
            self.database.write_all(self._renumbered(reader.entries(owned)))
        finally:
            reader.close()
        shutil.rmtree(native.folder, ignore_errors=True)
        return extra

    def _adopt(self, native: NativeFiles) -> Extra:
        """Go on with the files themselves."""
        extra = read_extra(native.folder)
        (native.folder / EXTRA).unlink()
        self._names.take_back(native.folder)
        self.database.adopt(native.folder)
        declared, self._numbers = self._numbers, dict(extra.numbers)
        for name in declared:
            self._numbers.setdefault(name, max(self._numbers.values(), default=-1) + 1)
        for name, table in self._tables.items():
            table.renumber(self._numbers[name])
        return extra
