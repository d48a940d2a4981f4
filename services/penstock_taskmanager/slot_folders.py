"""Temporary files of slot processes: a folder each, which goes with the process, however that ends.

    <io.tmp.dirs>/penstock-taskmanager-<random>/<pid>

The TaskManager's folder is locked while it or one of its slot processes lives; who starts removes those that nobody
holds.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import structlog

_log = structlog.get_logger()

PREFIX = "penstock-taskmanager-"
_LOCK = "lock"


class SlotFolders:
    """Made by the parent before it forks. OSError where the folder cannot be written to."""

    def __init__(self, root: str | None = None) -> None:
        """`root`: `io.tmp.dirs`; None: the system's folder for temporary files."""
        self._owner = os.getpid()
        self._base = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        self._lock = os.open(self._base / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._sweep()

    def enter(self) -> None:
        """In a slot's process: what it makes in a temporary folder from here on is its own."""
        own = self._base / str(os.getpid())
        own.mkdir(mode=0o700, exist_ok=True)
        tempfile.tempdir = str(own)

    def remove(self, pid: int) -> None:
        """That process is dead."""
        shutil.rmtree(self._base / str(pid), ignore_errors=True)

    def close(self) -> None:
        """All slot processes are dead."""
        if os.getpid() == self._owner:
            shutil.rmtree(self._base, ignore_errors=True)

    def _sweep(self) -> None:
        for other in self._base.parent.glob(f"{PREFIX}*"):
            if other != self._base and _is_left(other):
                _log.info("removing what a TaskManager left behind", folder=str(other))
                shutil.rmtree(other, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether it is ours to remove and nobody holds it. A folder without a lock is just being made."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
