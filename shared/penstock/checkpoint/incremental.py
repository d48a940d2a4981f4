"""Files of a state backend's own format: only those are uploaded that the checkpoint before has not."""

from collections.abc import Callable
from pathlib import Path

from penstock.checkpoint import locations, names
from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable, SnapshotCancelled
from penstock.checkpoint.handles import FileHandle, IncrementalHandle, InlineHandle, SharedFile, StateHandle
from penstock.checkpoint.sections import CHUNK, Section, SectionWriter
from penstock.checkpoint.storage import CheckpointStorage
from penstock.checkpoint.stored_files import StoredFiles
from penstock.state.snapshot import NativeFiles


class NativeUpload:
    """The native files of one operator: shared ones to `shared/`, the others as sections of the subtask's file."""

    def __init__(
        self,
        storage: CheckpointStorage,
        directory: str,
        checkpoint: int,
        base: IncrementalHandle | None,
        cancelled: Callable[[], bool],
    ) -> None:
        self._storage, self._directory, self._checkpoint = storage, directory, checkpoint
        self._known = {file.name: file for file in base.shared} if base else {}
        self._cancelled = cancelled
        self.written: list[str] = []  #: paths of what was uploaded
        self.new_bytes = 0

    def shared(self, files: NativeFiles) -> tuple[SharedFile, ...]:
        return tuple(self._shared_file(files.folder / name, name) for name in sorted(files.shared))

    def _shared_file(self, path: Path, name: str) -> SharedFile:
        size = path.stat().st_size
        known = self._known.get(name)
        # a backend that began anew may use a name again: its size tells, and what is uploaded twice is only space
        if known is not None and known.handle.size == size:
            return known
        target = locations.join(self._storage.shared_directory, names.new_shared_file(self._checkpoint))
        output = self._storage.create(target)
        digest = self._storage.checksums.running()
        try:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    if self._cancelled():
                        raise SnapshotCancelled(target)
                    digest.update(chunk)
                    output.write(chunk)
        except BaseException:
            output.discard()
            raise
        self.written.append(target)
        output.commit()
        self.new_bytes += size
        where = locations.relative(target, self._directory)
        return SharedFile(name=name, handle=FileHandle(path=where, size=size, checksum=digest.hexdigest()))


def write_own(files: NativeFiles, writer: SectionWriter) -> dict[str, Section]:
    """The files that belong to this checkpoint alone, by name."""
    found: dict[str, Section] = {}
    for path in sorted(p for p in files.folder.rglob("*") if p.is_file()):
        name = path.relative_to(files.folder).as_posix()
        if name not in files.shared:
            writer.begin()
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    writer.check()
                    writer.write(chunk)
            found[name] = writer.end()
    return found


def download(storage: StoredFiles, directory: str, handle: IncrementalHandle, folder: Path) -> NativeFiles:
    """The files again, in a local folder that is made for them. `directory`: of the metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in (*handle.shared, *handle.own):
        target = folder / file.name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise CheckpointUnusable(directory, f"damaged: the file name {file.name!r} leaves its folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        _download_file(storage, directory, file.handle, target)
    return NativeFiles(handle.backend, folder, frozenset(file.name for file in handle.shared))


def _download_file(storage: StoredFiles, directory: str, handle: StateHandle, target: Path) -> None:
    try:
        with target.open("wb") as output:
            if isinstance(handle, InlineHandle):
                output.write(handle.data)
                return
            for chunk in storage.stream(directory, handle):
                output.write(chunk)
    except OSError as error:
        raise CheckpointStorageError("cannot write", str(target), error) from error
