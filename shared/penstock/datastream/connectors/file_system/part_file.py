"""Part files: in progress under a hidden name, then pending, then published by a rename."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class InProgressFile:
    """A part file of a row format that goes on over a checkpoint: its first `length` bytes belong to it. Times in s."""

    path: str
    length: int
    created: float
    written: float


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A part file that is complete and not yet published: what a sink commits."""

    in_progress: str
    final: str
    length: int  #: bytes

    def commit(self) -> None:
        """Publish it; a second time changes nothing. OSError where that is not possible without loss."""
        hidden, final = Path(self.in_progress), Path(self.final)
        try:
            size = hidden.stat().st_size
        except FileNotFoundError:
            if not final.exists():
                raise FileNotFoundError(f"cannot publish {final}: {hidden} is gone") from None
            return
        if size < self.length:
            raise OSError(f"cannot publish {final}: {hidden} has {size} of its {self.length} bytes")
        if final.exists():
            raise FileExistsError(f"cannot publish {hidden}: {final} is there, and not this sink's")
        hidden.rename(final)
        sync_folder(final.parent)

    def discard(self) -> None:
        Path(self.in_progress).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class ObsoleteFile:
    """An in-progress file whose content has gone on in another one: removed once a checkpoint knows only the other."""

    path: str

    def commit(self) -> None:
        Path(self.path).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Names in the folder survive the machine, where its file system can promise that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as e:
        if e.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
