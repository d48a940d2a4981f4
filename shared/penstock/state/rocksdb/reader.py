"""What is in a RocksDB checkpoint folder, for another backend, other key groups or a savepoint."""

import shutil
import struct
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from penstock.checkpoint.handles import StateMeta
from penstock.state.heap_part import PART_KINDS
from penstock.state.portable import Group, pickle_group, read_group
from penstock.state.rocksdb.codec import Entry, values_of
from penstock.state.rocksdb.database import iterate
from penstock.state.rocksdb.files import FileNames, read_extra
from penstock.state.rocksdb.places import state_prefix
from penstock.state.snapshot import NativeFiles

#: state number, key group: what a key begins with
_GROUP = struct.Struct(">HH")


class FolderReader:
    """Opened to be read only: nothing in the folder changes. To be closed. SST files have RocksDB's own names."""

    def __init__(self, folder: Path, numbers: Mapping[str, int]) -> None:
        from rocksdict import AccessType, Options, Rdict

        self._db: Any = Rdict(str(folder), Options(raw_mode=True), access_type=AccessType.read_only())
        self._numbers = numbers

    def entries(self, owned: range) -> Iterator[tuple[str, Entry]]:
        """(state name, entry without the state's number) of these key groups."""
        for name, number in self._numbers.items():
            for key, value in iterate(self._db, state_prefix(number), _GROUP.pack(number, owned.start)):
                if _group_of((key, value)) >= owned.stop:
                    break
                yield name, (key[2:], value)

    def groups(self, kinds: Mapping[str, str]) -> Iterator[tuple[int, Group]]:
        """By key group, in order. `kinds`: of the states."""
        cursors: dict[str, Iterator[tuple[int, Iterator[Entry]]]] = {}
        heads: dict[str, tuple[int, Iterator[Entry]]] = {}
        for name, number in self._numbers.items():
            cursors[name] = groupby(iterate(self._db, state_prefix(number)), key=_group_of)
        for name, cursor in cursors.items():
            _advance(name, cursor, heads)
        while heads:
            group = min(at for at, _ in heads.values())
            found: Group = {}
            for name in [name for name, (at, _) in heads.items() if at == group]:
                entries = list(values_of(kinds[name], heads[name][1]))
                if entries:
                    found[name] = entries
                _advance(name, cursors[name], heads)
            yield group, found

    def close(self) -> None:
        self._db.close()


def read_native(native: NativeFiles, states: Mapping[str, StateMeta]) -> Iterator[tuple[int, bytes]]:
    """Restored files in the portable form. ModuleNotFoundError without rocksdict."""
    extra = read_extra(native.folder)
    FileNames("").take_back(native.folder)
    reader = FolderReader(native.folder, extra.numbers)
    try:
        kinds = {name: meta.kind for name, meta in states.items() if meta.kind not in PART_KINDS}
        for group, found in reader.groups(kinds):
            yield group, pickle_group("", found)
    finally:
        reader.close()
        shutil.rmtree(native.folder, ignore_errors=True)
    yield from extra.parts.items()


def with_parts(groups: Iterator[tuple[int, Group]], parts: Mapping[int, bytes]) -> Iterator[tuple[int, Group]]:
    """Key groups of the database, in order, with those of the registered parts."""
    left = dict(parts)
    for group, found in groups:
        for earlier in sorted(at for at in left if at < group):
            yield earlier, read_group(left.pop(earlier))
        if group in left:
            found.update(read_group(left.pop(group)))
        yield group, found
    for group in sorted(left):
        yield group, read_group(left[group])


def _advance(
    name: str, cursor: Iterator[tuple[int, Iterator[Entry]]], heads: dict[str, tuple[int, Iterator[Entry]]]
) -> None:
    try:
        heads[name] = next(cursor)
    except StopIteration:
        heads.pop(name, None)


def _group_of(entry: Entry) -> int:
    group: int = _GROUP.unpack_from(entry[0])[1]
    return group
