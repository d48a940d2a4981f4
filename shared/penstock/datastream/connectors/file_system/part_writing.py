"""The file that a bucket is writing: of a row format, which can go on after a restore, or of a bulk format."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from penstock.common.serialization import BulkWriter, BulkWriterFactory, Encoder
from penstock.common.typeinfo import TypeInformation
from penstock.datastream.connectors.file_system.part_file import InProgressFile, PendingFile

_COPIED_AT_ONCE = 1024 * 1024  #: bytes


class Part(Protocol):
    """A part file in progress. Times in s. `epoch`: how many snapshots its writer had made when it was begun."""

    epoch: int
    created: float
    written: float

    @property
    def size(self) -> int:
        """Bytes so far."""

    def flush(self) -> None: ...

    def complete(self) -> PendingFile:
        """Close it; its content survives the machine."""

    def discard(self) -> None:
        """Close and remove it."""

    def close(self) -> None:
        """Close it and leave it where it is."""


class _File:
    """What all parts share: the hidden file, made anew."""

    def __init__(self, hidden: Path, final: Path, epoch: int, now: float) -> None:
        hidden.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = open(hidden, "xb")  # noqa: SIM115, PTH123
        self._hidden, self._final, self.epoch = hidden, final, epoch
        self.created = self.written = now

    def flush(self) -> None:
        """What was written survives the process."""
        self._file.flush()

    def sync(self) -> None:
        """What was written survives the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def complete(self) -> PendingFile:
        self.sync()
        length = self._file.tell()
        self._file.close()
        return PendingFile(str(self._hidden), str(self._final), length)

    def close(self) -> None:
        self._file.close()

    def discard(self) -> None:
        self.close()
        self._hidden.unlink(missing_ok=True)


class RowPart(_File):
    """Records encoded one behind the other."""

    def __init__(
        self,
        hidden: Path,
        final: Path,
        epoch: int,
        now: float,
        encoder: Encoder,
        type_info: TypeInformation | None,
        goes_on: InProgressFile | None = None,
    ) -> None:
        """`goes_on`: begin with what is valid of it. A file of its own: who still writes the old one harms nobody."""
        super().__init__(hidden, final, epoch, now)
        self.size = 0
        if goes_on is not None:
            try:
                copy_valid(goes_on, self._file)
            except BaseException:
                self.discard()
                raise
            self.size, self.created, self.written = goes_on.length, goes_on.created, goes_on.written
        self.encode: Callable[[Sequence[Any]], bytes] = encoder.open(type_info, begun=self.size > 0)

    def write(self, data: bytes, now: float) -> None:
        self._file.write(data)
        self.size += len(data)
        self.written = now

    def state(self) -> InProgressFile:
        """After `sync`."""
        return InProgressFile(str(self._hidden), self.size, self.created, self.written)


class BulkPart(_File):
    """Records by a bulk writer, complete only at its end."""

    def __init__(
        self, hidden: Path, final: Path, epoch: int, now: float, factory: BulkWriterFactory, type_info: Any
    ) -> None:
        super().__init__(hidden, final, epoch, now)
        self._is_finished = True
        try:
            self._writer: BulkWriter = factory.create(self._file, type_info)
        except BaseException:
            self.discard()
            raise
        self._is_finished = False

    @property
    def size(self) -> int:
        return self._file.tell()

    def add(self, values: Sequence[Any], now: float) -> None:
        self._writer.add(values)
        self.written = now

    def complete(self) -> PendingFile:
        self._writer.finish()
        self._is_finished = True
        return super().complete()

    def close(self) -> None:
        if not self._is_finished:
            self._writer.abandon()
        super().close()


def copy_valid(source: InProgressFile, target: BinaryIO) -> None:
    """The valid bytes of an in-progress file. OSError where they are not there any more."""
    try:
        file = open(source.path, "rb")  # noqa: SIM115, PTH123
    except FileNotFoundError:
        raise FileNotFoundError(
            f"cannot go on with {source.path}: it is gone. Checkpoints after the one that is restored have published "
            "or replaced it; restore the newest one"
        ) from None
    with file:
        left = source.length
        while left:
            block = file.read(min(left, _COPIED_AT_ONCE))
            if not block:
                raise OSError(f"cannot go on with {source.path}: {left} of its {source.length} bytes are missing")
            target.write(block)
            left -= len(block)
