"""Part files: written under a hidden name, published by a rename."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A part file that is complete and not yet published: what a sink commits."""

    in_progress: str
    final: str

    def commit(self) -> None:
        """Publish it; a second time changes nothing. FileNotFoundError where neither name is there."""
        try:
            Path(self.in_progress).rename(self.final)
        except FileNotFoundError:
            if not Path(self.final).exists():
                raise FileNotFoundError(f"cannot publish {self.final}: {self.in_progress} is gone") from None


class PartFile:
    """The file that one bucket of one writer is writing. Times in seconds."""

    def __init__(self, folder: Path, name: str, now: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._pending = PendingFile(str(folder / f".{name}.inprogress.{uuid.uuid4()}"), str(folder / name))
        self._file = open(self._pending.in_progress, "xb")  # noqa: SIM115, PTH123
        self.size = 0
        self.created = now
        self.written = now

    def write(self, data: bytes, now: float) -> None:
        self._file.write(data)
        self.size += len(data)
        self.written = now

    def flush(self) -> None:
        """What was written survives the process; the machine, no: a file in progress is begun anew after a restore."""
        self._file.flush()

    def complete(self) -> PendingFile:
        """Close it; its content survives the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._pending

    def discard(self) -> None:
        """Close and remove it."""
        self._file.close()
        Path(self._pending.in_progress).unlink(missing_ok=True)
