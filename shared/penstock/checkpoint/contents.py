"""What is in a checkpoint, entry by entry: for people who look into it. The program that wrote it need not be here."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.checkpoint.compression import decompress
from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.handles import IncrementalHandle, KeyedHandle, ListHandle, OperatorHandle, StateMeta
from penstock.checkpoint.incremental import download
from penstock.checkpoint.lenient_pickle import lenient_loads
from penstock.checkpoint.restore import read_groups
from penstock.checkpoint.stored_files import StoredFiles
from penstock.state.native_form import portable
from penstock.state.portable import MIXED, entries_of, state_groups


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a state. `is_keyed` False: an item of a list state, which has no key. `key_group` None: it has none,
    or its key is of a class that is not here."""

    state: str
    value: Any
    subtask: int
    key: Any = None
    key_group: int | None = None
    is_keyed: bool = False


def keyed_entries(
    files: StoredFiles, directory: str, subtask: int, handle: OperatorHandle, max_parallelism: int
) -> Iterator[Entry]:
    """Of one former subtask, as it was written. CheckpointUnusable; whatever unpickling raises."""
    match handle.keyed:
        case KeyedHandle() as keyed:
            groups = read_groups(files, directory, keyed, range(min(keyed.groups, default=0), 1 << 16))
            yield from _entries(groups, keyed.states, subtask, max_parallelism)
        case IncrementalHandle() as keyed:
            with tempfile.TemporaryDirectory(prefix="penstock-inspect-") as folder:
                native = download(files, directory, keyed, Path(folder, "files"))
                yield from _entries(portable(native, keyed.states), keyed.states, subtask, max_parallelism)


def list_entries(files: StoredFiles, directory: str, subtask: int, name: str, handle: ListHandle) -> Iterator[Entry]:
    """The items of a list state of one former subtask."""
    items = lenient_loads(decompress(files.read(directory, handle.handle), handle.compression))
    for item in items:
        yield Entry(name, item, subtask)


def _entries(
    groups: Iterator[tuple[int, bytes]], metas: dict[str, StateMeta], subtask: int, max_parallelism: int
) -> Iterator[Entry]:
    for group, data in groups:
        content = lenient_loads(data)
        if not isinstance(content, dict):
            what = "a piece" if group == MIXED else f"key group {group}"
            raise CheckpointUnusable(what, f"not state by name but a {type(content).__name__}")
        for name, entries in entries_of(content).items():
            meta = metas.get(name)
            for key, value in entries:
                where = _group_of(name, key, max_parallelism) if group == MIXED else group
                yield Entry(name, _without_times(meta, value), subtask, key, where, is_keyed=True)


def _group_of(name: str, key: Any, max_parallelism: int) -> int | None:
    try:
        return state_groups(name, [key], max_parallelism)[0]
    except TypeError:  # `Unknown`
        return None


def _without_times(meta: StateMeta | None, value: Any) -> Any:
    """Of a state with a time to live, whose cells are (value, last access)."""
    if meta is None or not meta.ttl:
        return value
    match meta.kind:
        case "list":
            return [cell[0] for cell in value]
        case "map":
            return {key: cell[0] for key, cell in value.items()}
    return value[0]
