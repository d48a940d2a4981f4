"""List and map state in RocksDB: an entry of the database for each element, so that adding one writes only that one."""

from collections.abc import Iterable
from typing import Any

from penstock.datastream.state import ListState, MapState
from penstock.state.backend import KeyedStateBackend
from penstock.state.rocksdb.codec import NUMBER, Codec
from penstock.state.rocksdb.database import Database
from penstock.state.rocksdb.key_encoding import encode_key
from penstock.state.rocksdb.places import Places, state_prefix


class RocksDBListState(ListState[Any]):
    """At the key's place the number of the next element; elements behind it by number."""

    __slots__ = ("_backend", "_codec", "_database", "_places", "_prefix")

    def __init__(
        self, backend: KeyedStateBackend, database: Database, places: Places, number: int, codec: Codec
    ) -> None:
        self._backend, self._database, self._places, self._codec = backend, database, places, codec
        self._prefix = state_prefix(number)

    def _place(self) -> bytes:
        return self._prefix + self._places.of_key(self._backend.key)

    def get(self) -> list[Any]:
        place = self._place()
        found = self._database.scan(place)
        return [self._codec.loads(value) for at, value in found if len(at) > len(place)]

    def add(self, value: Any) -> None:
        self.add_all((value,))

    def add_all(self, values: Iterable[Any]) -> None:
        place = self._place()
        head = self._database.get(place)
        number = 0 if head is None else NUMBER.unpack(head)[0]
        before = number
        for value in values:
            self._database.put(place + NUMBER.pack(number), self._codec.dumps(self._backend.key, value))
            number += 1
        if number != before:
            self._database.put(place, NUMBER.pack(number))

    def update(self, values: Iterable[Any]) -> None:
        taken = list(values)
        self.clear()
        self.add_all(taken)

    def clear(self) -> None:
        for at, _ in self._database.scan(self._place()):
            self._database.delete(at)


class RocksDBMapState(MapState[Any, Any]):
    """An entry `(map key, value)` behind the key's place for each of the map."""

    __slots__ = ("_backend", "_codec", "_database", "_places", "_prefix")

    def __init__(
        self, backend: KeyedStateBackend, database: Database, places: Places, number: int, codec: Codec
    ) -> None:
        self._backend, self._database, self._places, self._codec = backend, database, places, codec
        self._prefix = state_prefix(number)

    def _place(self) -> bytes:
        return self._prefix + self._places.of_key(self._backend.key)

    def get(self, key: Any) -> Any:
        found = self._database.get(self._place() + encode_key(key))
        return None if found is None else self._codec.loads(found)[1]

    def put(self, key: Any, value: Any) -> None:
        self._database.put(self._place() + encode_key(key), self._codec.dumps(self._backend.key, (key, value)))

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        for key, value in dict(dict_value).items():
            self.put(key, value)

    def remove(self, key: Any) -> None:
        self._database.delete(self._place() + encode_key(key))

    def contains(self, key: Any) -> bool:
        return self._database.get(self._place() + encode_key(key)) is not None

    def items(self) -> list[tuple[Any, Any]]:
        return [self._codec.loads(entry) for _, entry in self._database.scan(self._place())]

    def keys(self) -> list[Any]:
        return [key for key, _ in self.items()]

    def values(self) -> list[Any]:
        return [value for _, value in self.items()]

    def is_empty(self) -> bool:
        return not self._database.scan(self._place(), limit=1)

    def clear(self) -> None:
        for at, _ in self._database.scan(self._place()):
            self._database.delete(at)
