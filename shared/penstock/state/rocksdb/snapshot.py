"""A snapshot of a RocksDB backend: the files as they were, and the parts that the operator has in memory."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from penstock.checkpoint.handles import StateMeta
from penstock.state.portable import Group, pickle_group
from penstock.state.rocksdb.files import BACKEND, Extra, FileNames, write_extra
from penstock.state.rocksdb.reader import FolderReader, with_parts
from penstock.state.snapshot import KeyedSnapshot, NativeFiles


class RocksDBSnapshot:
    """`folder`: a checkpoint of the database, removed by `release`. `filters`: as those of the backend."""

    def __init__(
        self,
        operator: str,
        folder: Path,
        parts: KeyedSnapshot,
        numbers: Mapping[str, int],
        names: FileNames,
        filters: Mapping[str, Callable[[Any], Any]],
    ) -> None:
        self.states: Mapping[str, StateMeta] = parts.states
        self._operator, self._folder, self._parts = operator, folder, parts
        self._numbers, self._names, self._filters = numbers, names, filters

    def groups(self) -> Iterator[tuple[int, bytes]]:
        reader = FolderReader(self._folder, self._numbers)
        try:
            found = reader.groups({name: self.states[name].kind for name in self._numbers})
            for group, states in with_parts(found, dict(self._parts.groups())):
                left = self._filtered(states)
                if left:
                    yield group, pickle_group(self._operator, left)
        finally:
            reader.close()

    def native(self) -> NativeFiles | None:
        write_extra(self._folder, Extra(self._numbers, dict(self._parts.groups())))
        return NativeFiles(BACKEND, self._folder, self._names.publish(self._folder))

    def release(self) -> None:
        try:
            self._parts.release()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _filtered(self, states: Group) -> Group:
        for name, left_of in self._filters.items():
            if name in states:
                entries = [(key, left) for key, value in states.pop(name) if (left := left_of(value)) is not None]
                if entries:
                    states[name] = entries
        return states
