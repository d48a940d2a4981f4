"""Which files a source reads, and in which ranges. Source: Flink's `BlockSplittingRecursiveEnumerator`."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

_SMALLEST = 256 * 1024  #: bytes of a range, lest opening files costs more than reading them
_LARGEST = 32 * 1024 * 1024  #: Flink's block size of a local file
_SPLITS_PER_SUBTASK = 4  #: so that the subtasks end at about the same time


@dataclass(frozen=True, slots=True)
class FileSourceSplit:
    """The lines of a file that begin in [start, end), or those left of them after a restore."""

    path: str
    start: int  #: bytes
    end: int  #: bytes; of a file that is not split: its size as it lies on the disk
    offset: int | None = None  #: where the next line begins; None: at the first line that begins at or after `start`
    skip: int = 0  #: lines to pass over, of a file that is not split


def find_files(paths: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Path and size of each file, folders recursively and by name, without names that begin with `.` or `_`.

    FileNotFoundError names a path that is not there. A file named by the program is read whatever its name.
    """
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 (strings, for speed in large folders)
            yield from _files_in(path)
            continue
        try:
            yield path, os.stat(path).st_size  # noqa: PTH116
        except FileNotFoundError:
            message = "FileSource: no such file or folder, seen from the slot that reads it"
            raise FileNotFoundError(errno.ENOENT, message, path) from None


def _files_in(folder: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        found = sorted((e for e in entries if not e.name.startswith((".", "_"))), key=lambda e: e.name)
    for entry in found:
        if entry.is_dir():
            yield from _files_in(entry.path)
        else:
            yield entry.path, entry.stat().st_size


def make_splits(
    files: Iterable[tuple[str, int]], parallelism: int, is_splittable: Callable[[str], bool]
) -> list[FileSourceSplit]:
    """The ranges of all files, in their order; an empty file has none."""
    found = list(files)
    total = sum(size for _, size in found)
    size_of_split = min(max(total // (parallelism * _SPLITS_PER_SUBTASK), _SMALLEST), _LARGEST)
    return [
        split
        for path, size in found
        for split in split_file(path, size, size_of_split if is_splittable(path) else max(size, 1))
    ]


def split_file(path: str, size: int, size_of_split: int) -> list[FileSourceSplit]:
    """Ranges of equal size (bytes), at most `size_of_split`, that cover the file."""
    count = -(-size // size_of_split)
    bounds = [size * i // count for i in range(count + 1)] if count else [0]
    return [FileSourceSplit(path, a, b) for a, b in pairwise(bounds)]
