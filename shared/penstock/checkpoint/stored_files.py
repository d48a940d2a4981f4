"""Files wherever checkpoints are: by path or URL, with errors that name it, and what is read is verified."""

from collections.abc import Iterator, Mapping

from penstock.checkpoint import locations
from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable, described
from penstock.checkpoint.file_system import FileSystem, OutputFile, file_system
from penstock.checkpoint.handles import FileHandle, InlineHandle, StateHandle
from penstock.client.config import Configuration
from penstock.security.configured import keyring_of
from penstock.security.refusals import refusals


class StoredFiles:
    """All threads may use it, and it may cross a fork. `configuration`: with credentials, and the cluster secret."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.keyring = keyring_of(configuration)
        self.checksums = self.keyring.checksums()

    def system(self, location: str) -> FileSystem:
        """The file system of a location, with raw errors."""
        return file_system(locations.normalized(location), self._configuration)

    def create(self, path: str) -> OutputFile:
        """A new file that is there, whole, once it is committed."""
        try:
            return _Output(self.system(path).create(path), path)
        except Exception as error:  # botocore's and others' are no OSErrors
            raise CheckpointStorageError("cannot write", path, error) from error

    def write(self, path: str, data: bytes) -> None:
        """A whole small file."""
        file = self.create(path)
        try:
            file.write(data)
        except BaseException:
            file.discard()
            raise
        file.commit()

    def read_file(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """A file or a part of it; fewer bytes where it ends. CheckpointUnusable where there is no such file."""
        try:
            return self.system(path).read(path, offset, size)
        except (FileNotFoundError, NotADirectoryError):
            raise CheckpointUnusable(path, "the file is missing") from None
        except IsADirectoryError:
            raise CheckpointUnusable(path, "this is a folder, not a file") from None
        except Exception as error:
            raise CheckpointStorageError("cannot read", path, error) from error

    def read(self, directory: str, handle: StateHandle) -> bytes:
        """State, verified. `directory`: of the metadata file that has the handle. CheckpointUnusable: damaged."""
        if isinstance(handle, InlineHandle):
            return handle.data
        path = locations.join(directory, handle.path)
        data = self.read_file(path, handle.offset, handle.size)
        self._verify(path, handle, data)
        return data

    def stream(self, directory: str, handle: FileHandle, chunk: int = 8 << 20) -> Iterator[bytes]:
        """The same in pieces; that it is damaged may show only behind the last one."""
        path = locations.join(directory, handle.path)
        try:
            digest = self.checksums.follow(handle.checksum)
        except ValueError:
            raise self._damaged(path, handle) from None
        for at in range(0, handle.size, chunk):
            data = self.read_file(path, handle.offset + at, min(chunk, handle.size - at))
            if len(data) < min(chunk, handle.size - at):
                raise CheckpointUnusable(path, f"truncated: {at + len(data)} of {handle.size} bytes are there")
            digest.update(data)
            yield data
        if handle.size == 0:
            self.read_file(path, handle.offset, 0)  # it has to be there
        if digest.hexdigest() != handle.checksum:
            raise self._damaged(path, handle)

    def locate(self, directory: str, handle: FileHandle) -> str:
        """Where the file of a handle is."""
        return locations.join(directory, handle.path)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        try:
            self.system(path).size(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except Exception as error:
            raise CheckpointStorageError("cannot read", path, error) from error
        return True

    def size_of(self, path: str) -> int | None:
        """Bytes of a file; None where there is none."""
        try:
            return existing_size(self.system(path), path)
        except Exception as error:
            raise CheckpointStorageError("cannot read", path, error) from error

    def list(self, folder: str) -> Mapping[str, int | None]:
        """Name -> bytes of what is directly in a folder, None: a folder; empty where there is no such folder."""
        try:
            return self.system(folder).list(folder)
        except Exception as error:
            raise CheckpointStorageError("cannot list", folder, error) from error

    def remove(self, path: str) -> None:
        """A file; nothing happens where it is missing."""
        try:
            self.system(path).remove(path)
        except Exception as error:
            raise CheckpointStorageError("cannot remove", path, error) from error

    def _verify(self, path: str, handle: FileHandle, data: bytes) -> None:
        """CheckpointUnusable where the bytes are not those the handle was made of."""
        if len(data) < handle.size:
            raise CheckpointUnusable(path, f"truncated: {len(data)} of {handle.size} bytes at offset {handle.offset}")
        if not self.checksums.fits(data, handle.checksum):
            raise self._damaged(path, handle)

    def _damaged(self, path: str, handle: FileHandle) -> CheckpointUnusable:
        if self.keyring.is_signing:
            refusals.add("state")
        why = f"damaged: the checksum of {handle.size} bytes at {handle.offset} differs"
        return CheckpointUnusable(path, why + (", or is not by the cluster secret" if self.keyring.is_signing else ""))


def existing_size(system: FileSystem, path: str) -> int | None:
    """Bytes of a file; None where there is none, or a folder. Raw errors."""
    try:
        return system.size(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


class _Output:
    """Errors as CheckpointStorageErrors."""

    def __init__(self, file: OutputFile, path: str) -> None:
        self._file, self._path = file, path

    def write(self, data: bytes | memoryview) -> None:
        try:
            self._file.write(data)
        except Exception as error:
            raise CheckpointStorageError("cannot write", self._path, error) from error

    def commit(self) -> None:
        try:
            self._file.commit()
        except Exception as error:
            raise CheckpointStorageError("cannot write", self._path, error) from error

    def discard(self) -> None:
        try:
            self._file.discard()
        except Exception as error:
            raise CheckpointStorageError("cannot remove", self._path, described(error)) from error
