"""Removing what no checkpoint needs any more: decided by names alone, and only in the job's own folder.

A checkpoint that is neither retained nor pending is over: its folder goes. A shared file goes when no retained
checkpoint names it and no pending one may: a pending one names files of its own and of the checkpoint it builds on.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from penstock.checkpoint import locations, names
from penstock.checkpoint.errors import CheckpointStorageError
from penstock.checkpoint.handles import FileHandle
from penstock.checkpoint.local_files import TEMPORARY
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.state_files import handles_of
from penstock.checkpoint.storage import CheckpointStorage


@dataclass(frozen=True, slots=True)
class Needed:
    """Which checkpoints are needed. `files`: what the retained ones name, normalized.

    `upto`: checkpoints beyond it are none of this sweep's business.
    """

    retained: frozenset[int]
    pending: frozenset[int]
    files: frozenset[str]
    upto: int
    bases_retained: bool = False

    def folder(self, checkpoint: int) -> bool:
        """Whether the folder of a checkpoint stays."""
        return checkpoint > self.upto or checkpoint in self.retained or checkpoint in self.pending

    def shared_file(self, path: str, checkpoint: int) -> bool:
        """Whether a file in `shared/`, uploaded for `checkpoint`, stays."""
        if path in self.files or checkpoint > self.upto or checkpoint in self.pending:
            return True
        if not self.pending or self.bases_retained:
            return False
        # a pending checkpoint may build on one that was completed and is not retained any more, but not on one that
        # never was: what is newer than all that were completed is of an aborted one
        return checkpoint <= max(self.retained, default=0)


@dataclass(slots=True)
class Swept:
    """`removed`: paths. `errors`: what could not be removed, which the next sweep tries again."""

    removed: list[str] = field(default_factory=list)
    errors: list[CheckpointStorageError] = field(default_factory=list)


def needed(
    directory: str,
    retained: Iterable[CheckpointMetadata],
    pending: Collection[int] = (),
    upto: int | None = None,
    bases_retained: bool = False,
) -> Needed:
    """What a sweep of the job's folder `directory` has to leave."""
    kept: set[int] = set()
    files: set[str] = set()
    for metadata in retained:
        if metadata.directory == locations.join(directory, names.checkpoint_folder(metadata.checkpoint)):
            kept.add(metadata.checkpoint)
            files.add(locations.join(metadata.directory, names.METADATA))
        files |= referenced(metadata)
    highest = max([*kept, *pending], default=0) if upto is None else upto
    return Needed(frozenset(kept), frozenset(pending), frozenset(files), highest, bases_retained)


def referenced(metadata: CheckpointMetadata) -> set[str]:
    """The files a checkpoint names, without its metadata file."""
    return {
        locations.join(metadata.directory, handle.path)
        for vertex in metadata.vertices
        for state in vertex.subtasks
        for handle in handles_of(state)
        if isinstance(handle, FileHandle)
    }


def sweep(storage: CheckpointStorage, left: Needed) -> Swept:
    """May be repeated, and interrupted. CheckpointStorageError where the job's folder cannot be listed."""
    swept = Swept()
    for name, size in sorted(storage.list(storage.directory).items()):
        path = locations.join(storage.directory, name)
        checkpoint = names.checkpoint_of_folder(name)
        if size is None and checkpoint is not None:
            if not left.folder(checkpoint):
                _try(swept, path, storage.discard)
            elif checkpoint in left.retained:
                _sweep_folder(storage, path, left, swept)
        elif size is not None and name.startswith(TEMPORARY) and name.endswith(f"-{names.POINTER}"):
            _try(swept, path, storage.remove)
    for name in sorted(storage.list(storage.shared_directory)):
        path = locations.join(storage.shared_directory, name)
        checkpoint = names.checkpoint_of_shared_file(name)
        if checkpoint is not None and not left.shared_file(path, checkpoint):
            _try(swept, path, storage.remove)
    return swept


def _sweep_folder(storage: CheckpointStorage, folder: str, left: Needed, swept: Swept) -> None:
    """Files of attempts whose acknowledgement did not count."""
    for name, size in sorted(storage.list(folder).items()):
        path = locations.join(folder, name)
        if size is not None and path not in left.files:
            _try(swept, path, storage.remove)


def _try(swept: Swept, path: str, remove: Callable[[str], None]) -> None:
    try:
        remove(path)
    except CheckpointStorageError as error:
        swept.errors.append(error)
    else:
        swept.removed.append(path)
