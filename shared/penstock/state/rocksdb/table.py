"""A state with one value a key, as a mapping: each value pickled under its key's place."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from penstock.state.rocksdb.codec import Codec
from penstock.state.rocksdb.database import Database
from penstock.state.rocksdb.places import Places, key_at, state_prefix


class RocksDBTable(MutableMapping[Any, Any]):
    """What it gives are copies: a value that was changed has to be put again."""

    __slots__ = ("_codec", "_database", "_places", "_prefix")

    def __init__(self, database: Database, places: Places, number: int, codec: Codec) -> None:
        self._database, self._places, self._codec = database, places, codec
        self.renumber(number)

    def renumber(self, number: int) -> None:
        """The state has another number in a restored database."""
        self._prefix = state_prefix(number)

    def __getitem__(self, key: Any) -> Any:
        found = self._database.get(self._prefix + self._places.of_key(key))
        if found is None:
            raise KeyError(key)
        return self._codec.loads(found)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._database.put(self._prefix + self._places.of_key(key), self._codec.dumps(key, value))

    def __delitem__(self, key: Any) -> None:
        if key not in self:
            raise KeyError(key)
        self._database.delete(self._prefix + self._places.of_key(key))

    def __contains__(self, key: object) -> bool:
        return self._database.get(self._prefix + self._places.of_key(key)) is not None

    def __iter__(self) -> Iterator[Any]:
        return (key_at(place) for place, _ in self._database.iterate(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self._database.iterate(self._prefix))

    def clear(self) -> None:
        for place, _ in self._database.scan(self._prefix):
            self._database.delete(place)
