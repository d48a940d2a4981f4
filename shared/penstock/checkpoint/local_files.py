"""Local folders: written under a temporary name, synced, renamed, the folder synced."""

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

TEMPORARY = ".tmp-"  #: of names of files that are being written: `.tmp-<8 hex>-<name>`

#: to remove a folder that others write into or remove, too
_TRIES = 20


class LocalOutputFile:
    """Somebody who looks sees the old file or the new one, also after a power failure."""

    def __init__(self, path: Path) -> None:
        self._path = path
        make_folder(path.parent)
        self._temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(4)}-{path.name}")
        # not by mkstemp: only its owner could read it, and services that share the storage may run as several users
        self._file = self._temporary.open("xb", buffering=0)

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def commit(self) -> None:
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
        except BaseException:
            self.discard()
            raise
        sync_folder(self._path.parent)

    def discard(self) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


class LocalFiles:
    """The file system of this machine, or one that is mounted."""

    def create(self, path: str) -> LocalOutputFile:
        return LocalOutputFile(Path(path))

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        with Path(path).open("rb") as file:
            file.seek(offset)
            return file.read(-1 if size is None else size)

    def size(self, path: str) -> int | None:
        found = Path(path).stat()
        return None if stat.S_ISDIR(found.st_mode) else found.st_size

    def list(self, folder: str) -> Mapping[str, int | None]:
        found: dict[str, int | None] = {}
        gone = contextlib.suppress(FileNotFoundError, NotADirectoryError)
        with gone, os.scandir(folder) as entries:
            for entry in entries:
                with gone:
                    found[entry.name] = None if entry.is_dir() else entry.stat().st_size
        return found

    def remove(self, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def remove_folder(self, path: str) -> None:
        for _ in range(_TRIES):
            try:
                shutil.rmtree(path)
            except FileNotFoundError:
                # gone, or somebody else is removing it too
                if not Path(path).exists():
                    return
            except OSError as error:
                # a late upload has put something into it meanwhile
                if error.errno != errno.ENOTEMPTY:
                    raise
            else:
                return
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)

    def remove_empty_folder(self, path: str) -> None:
        try:
            Path(path).rmdir()
        except FileNotFoundError:
            pass
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise


def make_folder(folder: Path) -> None:
    """With its parents, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """A rename is durable only once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
