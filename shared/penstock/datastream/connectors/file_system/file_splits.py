"""Which files a source reads, and in which ranges. Source: Flink's `BlockSplittingRecursiveEnumerator`."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

_SMALLEST = 256 * 1024  #: bytes of a range, lest opening files costs more than reading them
_LARGEST = 32 * 1024 * 1024  #: Flink's block size of a local file
_SPLITS_PER_SUBTASK = 4  #: so that the subtasks end at about the same time


@dataclass(frozen=True, slots=True)
class FileSourceSplit:
    """The records of a file that begin in [start, end), or those left of them after a restore."""

    path: str
    start: int  #: bytes
    end: int  #: bytes; of a file that is not split: its size as it lies on the disk
    offset: int | None = None  #: where the next record begins; None: at the first that begins at or after `start`
    skip: int = 0  #: records to pass over, from `offset`, in formats that have no place between them


@dataclass(frozen=True, slots=True)
class FoundFile:
    path: str
    size: int  #: bytes
    modified_ns: int


def find_files(paths: Iterable[str]) -> Iterator[FoundFile]:
    """Each file, folders recursively and by name, without names that begin with `.` or `_`.

    FileNotFoundError names a path that is not there. A file named by the program is read whatever its name.
    """
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 (strings, for speed in large folders)
        except FileNotFoundError:
            message = "FileSource: no such file or folder, seen from the slot that reads it"
            raise FileNotFoundError(errno.ENOENT, message, path) from None
        if stat.S_ISDIR(status.st_mode):
            yield from _files_in(path)
        else:
            yield FoundFile(path, status.st_size, status.st_mtime_ns)


def _files_in(folder: str) -> Iterator[FoundFile]:
    with os.scandir(folder) as entries:
        found = sorted((e for e in entries if not e.name.startswith((".", "_"))), key=lambda e: e.name)
    for entry in found:
        try:
            if entry.is_dir():
                yield from _files_in(entry.path)
            else:
                status = entry.stat()
                yield FoundFile(entry.path, status.st_size, status.st_mtime_ns)
        except FileNotFoundError:
            continue  # removed or renamed since


def by_age(files: Iterable[FoundFile]) -> list[FoundFile]:
    """The oldest first; of the same age by path."""
    return sorted(files, key=lambda f: (f.modified_ns, f.path))


def size_of_splits(files: Iterable[FoundFile], parallelism: int) -> int:
    """Bytes, so that each subtask has some splits."""
    total = sum(f.size for f in files)
    return min(max(total // (parallelism * _SPLITS_PER_SUBTASK), _SMALLEST), _LARGEST)


def split_file(path: str, size: int, size_of_split: int) -> list[FileSourceSplit]:
    """Ranges of equal size (bytes), at most `size_of_split`, that cover the file."""
    count = -(-size // size_of_split)
    bounds = [size * i // count for i in range(count + 1)] if count else [0]
    return [FileSourceSplit(path, a, b) for a, b in pairwise(bounds)]
