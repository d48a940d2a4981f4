"""CheckpointStorage: where the checkpoints of one job are, and reading and writing there."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import xxhash

from penstock.checkpoint import locations, metadata_file, names
from penstock.checkpoint.base import base_directory
from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable
from penstock.checkpoint.handles import Compression, FileHandle, IncrementalHandle
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.metadata_reading import metadata_path, read_metadata
from penstock.checkpoint.stored_files import StoredFiles
from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing, cluster

if TYPE_CHECKING:
    from penstock.checkpoint.mirror import PointerMirror
    from penstock.checkpoint.sweep import Swept

_HINT = f"set {checkpointing.DIR.key} or {cluster.STORAGE_DIR.key}"


class CheckpointStorage(StoredFiles):
    """One for each job in a process; all threads may use it, and it may cross a fork. Paths are local or fsspec URLs.

    `directory`: the job's folder. Errors are CheckpointStorageErrors, which name path and cause.
    """

    def __init__(self, directory: str, job: str, configuration: Configuration) -> None:
        super().__init__(configuration)
        self.directory = directory
        self.job = job
        self.compression: Compression = "zlib" if configuration.get(checkpointing.COMPRESSION) else "none"

    @classmethod
    def of(cls, configuration: Configuration, job: str) -> "CheckpointStorage":
        """As it is configured. CheckpointStorageError where no folder is: it says which key to set."""
        base = base_directory(configuration)
        if base is None:
            raise CheckpointStorageError("no folder for the checkpoints of job", job, _HINT)
        own = configuration.get(checkpointing.CREATE_SUBDIR)
        return cls(locations.join(base, job) if own else base, job, configuration)

    # -- where things are --------------------------------------------------------------------------------------------
    def checkpoint_directory(self, checkpoint: int) -> str:
        """The folder of what belongs to a checkpoint alone."""
        return locations.join(self.directory, names.checkpoint_folder(checkpoint))

    @property
    def shared_directory(self) -> str:
        """The folder of what incremental checkpoints share."""
        return locations.join(self.directory, names.SHARED)

    def savepoint_directory(self, base: str | None = None, token: str | None = None) -> str:
        """A new folder for a savepoint. `base` None: `execution.checkpointing.savepoint-dir`; `token`: 12 hex digits
        that make it unique, None: random ones."""
        base = base or self._configuration.find(checkpointing.SAVEPOINT_DIR)
        if not base:
            raise CheckpointStorageError(
                "no folder for a savepoint of job",
                self.job,
                f"name one, or set {checkpointing.SAVEPOINT_DIR.key}",
            )
        return locations.join(locations.normalized(base), names.savepoint_folder(self.job, token))

    @staticmethod
    def metadata_path(directory: str) -> str:
        """Of the metadata file in a folder; a path that is one already stays as it is."""
        return metadata_path(directory)

    # -- removing ----------------------------------------------------------------------------------------------------
    def discard(self, directory: str) -> None:
        """The folder of a checkpoint of this job, or of a savepoint: all in it goes, the metadata first, so that what
        is left if this is interrupted is no checkpoint. Shared files are for `sweep`. May be repeated.

        CheckpointStorageError for any other folder: nothing is removed then.
        """
        path = locations.normalized(directory)
        name = locations.name(path)
        own = locations.parent(path) == self.directory and names.checkpoint_of_folder(name) is not None
        if not own and not names.is_savepoint_folder(name):
            raise CheckpointStorageError(
                "cannot remove", path, f"it is no checkpoint folder of job {self.job} and no savepoint"
            )
        self.remove(locations.join(path, names.METADATA))
        try:
            self.system(path).remove_folder(path)
        except Exception as error:
            raise CheckpointStorageError("cannot remove", path, error) from error

    def sweep(
        self,
        retained: Iterable[CheckpointMetadata],
        pending: Collection[int] = (),
        upto: int | None = None,
        bases_retained: bool = False,
    ) -> "Swept":
        """Remove everything in the job's folder that no checkpoint needs. May be repeated.

        retained: as `read_metadata` gives them.
        upto: the newest checkpoint id there is (leftovers of later ones are not touched); None: of those given.
        bases_retained: `retained` has every checkpoint too that a pending one may build on. Without it, shared files
            of older checkpoints stay while any is pending.
        """
        from penstock.checkpoint import sweep

        return sweep.sweep(self, sweep.needed(self.directory, retained, pending, upto, bases_retained))

    def remove_job(self) -> None:
        """The pointer, and the job's folder if nothing is left in it: after a `sweep` that retained nothing."""
        self.remove(locations.join(self.directory, names.POINTER))
        try:
            system = self.system(self.directory)
            for folder in (self.shared_directory, self.directory):
                if not system.list(folder):
                    system.remove_empty_folder(folder)
        except Exception as error:
            raise CheckpointStorageError("cannot remove", self.directory, error) from error

    # -- the mirror of the pointer -----------------------------------------------------------------------------------
    def write_mirror(
        self, epoch: int, checkpoint: int, path: str, counters: Mapping[str, int], checksum: str = "", time: int = 0
    ) -> bool:
        """Which checkpoint is the newest: whether it was written, which is not over a later one. May be repeated."""
        from penstock.checkpoint import mirror

        return mirror.write_mirror(
            self,
            mirror.PointerMirror(
                epoch=epoch, checkpoint=checkpoint, path=path, checksum=checksum, time=time, counters=dict(counters)
            ),
        )

    def read_mirror(self) -> "PointerMirror | None":
        """None where there is none. CheckpointUnusable: damaged."""
        from penstock.checkpoint import mirror

        return mirror.read_mirror(self)

    # -- metadata ----------------------------------------------------------------------------------------------------
    def write_metadata(self, directory: str, metadata: CheckpointMetadata) -> tuple[str, int, str]:
        """(path, bytes, xxh3-64 in hex) of the metadata file; may be repeated.

        CheckpointUnusable where a shared file it names is gone: one of a checkpoint that was subsumed meanwhile.
        """
        self._check_shared(directory, metadata)
        path = self.metadata_path(directory)
        data = self.keyring.seal("metadata", "", metadata_file.encode(metadata))
        self.write(path, data)
        return path, len(data), xxhash.xxh3_64_hexdigest(data)

    def read_metadata(self, path: str, checksum: str = "") -> CheckpointMetadata:
        """By the metadata file or its folder. CheckpointUnusable: missing, damaged, of another or newer format."""
        return read_metadata(self, path, checksum)

    def _check_shared(self, directory: str, metadata: CheckpointMetadata) -> None:
        named = {
            locations.join(directory, file.handle.path)
            for vertex in metadata.vertices
            for state in vertex.subtasks
            for operator in state.operators.values()
            if isinstance(operator.keyed, IncrementalHandle)
            for file in operator.keyed.shared
            if isinstance(file.handle, FileHandle)
        }
        if named:
            there = {locations.join(self.shared_directory, name) for name in self.list(self.shared_directory)}
            if missing := sorted(path for path in named - there if not self.exists(path)):
                raise CheckpointUnusable(missing[0], f"the file is missing, and {len(missing) - 1} more shared ones")
