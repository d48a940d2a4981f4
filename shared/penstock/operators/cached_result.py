"""The files of a cached stream: one a subtask of the job that stored it, below the folder for cached results.

<root>/<result id>/<job id>/<subtask>
"""

import contextlib
import os
import pickle
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from penstock.operators.specs import ReaderContext

#: (value, timestamp in ms or None)
Stored = tuple[Any, int | None]

#: seconds after which what nobody has written to or read from is removed, when another stream is stored
RETENTION = 24 * 3600.0


class CachedResultGone(RuntimeError):  # noqa: N818 (a state of the world, as Flink's)
    """The files of a cached stream are not where they were written to."""


def cache_root(storage_dir: str | None) -> Path:
    """The folder for cached results: in `penstock.storage.dir`, else in the host's folder for temporary files."""
    # not by tempfile: in a slot's process that is its own folder, which goes with it
    return Path(storage_dir) / "cache" if storage_dir else Path(os.environ.get("TMPDIR", "/tmp")) / "penstock-cache"


class CacheFile:
    """Writes one subtask's file: under another name until it is whole."""

    def __init__(self, path: Path, attempt: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._part = path, path.with_name(f".{path.name}-{attempt}")
        self._file: IO[bytes] | None = self._part.open("wb")

    def write(self, records: list[Stored]) -> None:
        assert self._file is not None, "the file is open"
        pickle.dump(records, self._file, protocol=5)

    def finish(self) -> None:
        """From now on it can be read."""
        assert self._file is not None, "the file is open"
        self._file.close()
        self._file = None
        self._part.replace(self._path)

    def close(self) -> None:
        """Remove it unless it is whole."""
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)


class CachedReader:
    """Reads whole files, a stored chunk at a time. A split is (path, chunks read)."""

    def __init__(self) -> None:
        self._splits: list[tuple[str, int]] = []
        self._file: IO[bytes] | None = None

    def add_splits(self, splits: Sequence[tuple[str, int]]) -> None:
        self._splits.extend(splits)

    def poll(self, max_records: int) -> list[Any] | None:
        """CachedResultGone names a file that is not there."""
        while self._splits:
            path, chunks = self._splits[0]
            if self._file is None:
                self._file = _opened(path)
                for _ in range(chunks):
                    pickle.load(self._file)
            try:
                records: list[Any] = pickle.load(self._file)
            except EOFError:
                self._splits.pop(0)
                self.close()
                continue
            self._splits[0] = path, chunks + 1
            return records
        return None

    def snapshot(self) -> list[Any]:
        return list(self._splits)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class CachedSource:
    """What a job has stored with `cache()`; each subtask reads what the one of its number has written."""

    bounded = True

    def __init__(self, result_id: str, job_id: str, files: int, root: Path | None = None) -> None:
        self.result_id, self.job_id, self.files = result_id, job_id, files
        self._root = root

    def at(self, root: Path) -> "CachedSource":
        """The same where `root` is the folder for cached results."""
        return CachedSource(self.result_id, self.job_id, self.files, root)

    def enumerate_splits(self, parallelism: int) -> list[tuple[str, int]]:
        assert self._root is not None, "the folder is known in a slot"
        folder = self._root / self.result_id / self.job_id
        with contextlib.suppress(OSError):
            folder.parent.touch()  # somebody needs it
        return [(str(folder / str(n)), 0) for n in range(self.files)]

    def create_reader(self, context: ReaderContext) -> CachedReader:
        return CachedReader()


def sweep(root: Path, now: float | None = None) -> None:
    """Remove results that have been left alone for `RETENTION`; what cannot be removed stays."""
    oldest = (time.time() if now is None else now) - RETENTION
    with contextlib.suppress(OSError):
        for folder in root.iterdir():
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def _opened(path: str) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise CachedResultGone(
            f"the cached stream's file {path} is not there: it was removed, or penstock.storage.dir is not shared by "
            "all TaskManagers. Call invalidate() on the CachedDataStream to have it computed again"
        ) from None
