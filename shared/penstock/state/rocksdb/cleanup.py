"""Cleanup of expired entries in RocksDB: a cursor over a state's entries, moved on once in so many accesses.

Flink does this in RocksDB's compaction, by a filter in C++ that the Python binding does not have.
"""

from penstock.state.pickling import loads
from penstock.state.rocksdb.database import Database
from penstock.state.rocksdb.places import place_of, state_prefix
from penstock.state.ttl import Ttl


class CursorCleanup:
    """Every `every` accesses as many entries are looked at, so that all are in time, at a constant cost an access."""

    def __init__(self, database: Database, number: int, kind: str, ttl: Ttl, every: int) -> None:
        self._database, self._prefix, self._kind, self._ttl = database, state_prefix(number), kind, ttl
        self._every = max(1, every)
        self._accesses = 0
        self._start = self._prefix

    def run(self) -> None:
        self._accesses += 1
        if self._accesses % self._every:
            return
        found = self._database.scan(self._prefix, self._start, self._every)
        for at, entry in found:
            if self._kind == "list" and len(place_of(at)) == len(at):
                continue  # where a list's elements are counted
            stored = loads(entry)
            if self._ttl.is_expired(stored[1] if self._kind == "map" else stored):
                self._database.delete(at)
        self._start = found[-1][0] + b"\0" if len(found) == self._every else self._prefix
