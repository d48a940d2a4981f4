"""Reading what a new subtask begins with: only its own key groups, or pieces that have some, as they are asked for."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.checkpoint import locations
from penstock.checkpoint.assignment import Assignment, KeyedPart, ListPart, OperatorAssignment
from penstock.checkpoint.compression import decompress
from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.handles import FileHandle, IncrementalHandle, KeyedHandle, PiecedHandle, SubtaskState
from penstock.checkpoint.incremental import download
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.state_pickling import load_items
from penstock.checkpoint.storage import CheckpointStorage
from penstock.checkpoint.stored_files import StoredFiles
from penstock.graph.job_graph import JobGraph
from penstock.state.portable import MIXED
from penstock.state.snapshot import RestoredKeyed, RestoredOperator

_READ = 4 << 20  #: bytes that neighbouring key groups are read together up to


@dataclass(slots=True)
class RestoredSubtask:
    """`operators`: every operator of the vertex by id, also those the checkpoint has nothing of.

    `channels`: channel state of the former subtasks `channel_subtasks`: of the same one where the parallelism is as it
    was, else of all. `base`: what an incremental checkpoint may build on; None: nothing.
    """

    operators: dict[str, RestoredOperator]
    channels: list[bytes]
    channel_subtasks: list[int]
    ended: bool = False  #: no more input: emits nothing but its end, once its sinks have committed what is listed
    finished: bool = False  #: the same without any state
    base: SubtaskState | None = None
    folders: list[Path] = field(default_factory=list)  #: made for native files


def read_restore(
    storage: CheckpointStorage,
    metadata: CheckpointMetadata,
    graph: JobGraph,
    vertex_id: str,
    subtask: int,
    folder: Path | None = None,
) -> RestoredSubtask:
    """Of a checkpoint that was found to fit (`assign`). `metadata`: as `read_metadata` gives it.

    Native files are downloaded below `folder` (None: the temporary folder), a folder of its own for each former
    subtask's, which belongs to the operator then. Portable key groups are read while their iterators run.
    CheckpointUnusable: a file is missing or damaged, also while an iterator runs.
    """
    found = Assignment(metadata, graph).subtask(vertex_id, subtask)
    folders: list[Path] = []
    try:
        operators = {
            key: _operator(storage, metadata, assigned, folder, folders) for key, assigned in found.operators.items()
        }
        channels = [storage.read(metadata.directory, handle) for _, handle in found.channels]
    except BaseException:
        for made in folders:
            shutil.rmtree(made, ignore_errors=True)
        raise
    # a copy of the checkpoint elsewhere names shared files of its own
    is_here = metadata.directory == storage.checkpoint_directory(metadata.checkpoint)
    return RestoredSubtask(
        operators=operators,
        channels=channels,
        channel_subtasks=[n for n, _ in found.channels],
        ended=found.ended,
        finished=found.finished,
        base=found.base if is_here else None,
        folders=folders,
    )


def _operator(
    storage: StoredFiles,
    metadata: CheckpointMetadata,
    assigned: OperatorAssignment,
    folder: Path | None,
    folders: list[Path],
) -> RestoredOperator:
    return RestoredOperator(
        owned=assigned.owned,
        keyed=[_keyed(storage, metadata.directory, part, folder, folders) for part in assigned.keyed],
        lists={name: _items(storage, metadata.directory, parts) for name, parts in assigned.lists.items()},
        list_states=assigned.list_states,
        subtasks=assigned.subtasks,
    )


def _keyed(
    storage: StoredFiles, directory: str, part: KeyedPart, folder: Path | None, folders: list[Path]
) -> RestoredKeyed:
    start, stop = part.former.start, part.former.stop
    if isinstance(part.handle, IncrementalHandle):
        own = Path(tempfile.mkdtemp(prefix="penstock-restore-", dir=folder))
        folders.append(own)
        native = download(storage, directory, part.handle, own)
        return RestoredKeyed(part.handle.states, native=native, start=start, stop=stop)
    groups = read_groups(storage, directory, part.handle, part.wanted)
    return RestoredKeyed(part.handle.states, groups=groups, start=start, stop=stop)


def _items(storage: StoredFiles, directory: str, parts: list[ListPart]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        if not part.items:
            continue
        items = load_items(decompress(storage.read(directory, part.handle.handle), part.handle.compression))
        if len(items) != part.handle.items:
            raise CheckpointUnusable(directory, f"damaged: {len(items)} items where {part.handle.items} were written")
        found += [items[n] for n in part.items]
    return found


def read_groups(storage: StoredFiles, directory: str, keyed: KeyedHandle, wanted: range) -> Iterator[tuple[int, bytes]]:
    """(key group, its state) of those that have any, or (MIXED, a piece) of all, verified, in the order they were
    written."""
    groups = sorted((where, group) for group, where in keyed.groups.items() if group in wanted)
    if isinstance(keyed, PiecedHandle):
        groups = [(where, MIXED) for where in keyed.pieces]
    at = 0
    while at < len(groups):
        (start, _, _), _ = groups[at]
        until = at + 1
        while until < len(groups) and _extends(groups[until - 1][0], groups[until][0], start):
            until += 1
        (last, size, _), _ = groups[until - 1]
        data = _read(storage, directory, keyed, start, last + size - start)
        for (offset, length, checksum), group in groups[at:until]:
            state = data[offset - start : offset - start + length]
            if len(state) < length or not storage.checksums.fits_group(state, checksum):
                what = f"a piece at {offset}" if group == MIXED else f"key group {group}"
                raise CheckpointUnusable(_place(directory, keyed), f"damaged: the checksum of {what} differs")
            yield group, decompress(state, keyed.compression)
        at = until


def _extends(last: tuple[int, int, int], following: tuple[int, int, int], start: int) -> bool:
    return last[0] + last[1] == following[0] and following[0] + following[1] - start <= _READ


def _read(storage: StoredFiles, directory: str, keyed: KeyedHandle, offset: int, size: int) -> bytes:
    if not isinstance(keyed.handle, FileHandle):
        return keyed.handle.data[offset : offset + size]
    return storage.read_file(_place(directory, keyed), keyed.handle.offset + offset, size)


def _place(directory: str, keyed: KeyedHandle) -> str:
    return locations.join(directory, keyed.handle.path) if isinstance(keyed.handle, FileHandle) else directory
