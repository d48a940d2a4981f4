"""The state file of one subtask: its sections one behind the other, in memory while they are small."""

from collections.abc import Callable
from dataclasses import dataclass

from penstock.checkpoint import locations
from penstock.checkpoint.errors import SnapshotCancelled
from penstock.checkpoint.file_system import OutputFile
from penstock.checkpoint.handles import FileHandle, InlineHandle, StateHandle
from penstock.checkpoint.storage import CheckpointStorage

CHUNK = 1 << 20  #: bytes between two looks at `cancelled`


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file. `checksum`: as `Checksums` makes it."""

    offset: int
    size: int
    checksum: str


class SectionWriter:
    """Makes the file once there is more than `threshold` bytes. Use: begin, write…, end; …; commit or discard."""

    def __init__(self, storage: CheckpointStorage, path: str, threshold: int, cancelled: Callable[[], bool]) -> None:
        self._storage, self._path, self._threshold, self._cancelled = storage, path, threshold, cancelled
        self._buffer = bytearray()
        self._file: OutputFile | None = None
        self._hash = storage.checksums.running()
        self._start = 0
        self.position = 0  #: bytes so far
        self._inline = True

    def check(self) -> None:
        """SnapshotCancelled, once it is."""
        if self._cancelled():
            raise SnapshotCancelled(self._path)

    def begin(self) -> None:
        self._hash = self._storage.checksums.running()
        self._start = self.position

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self.position += len(data)
        if self._file is None and len(self._buffer) + len(data) <= self._threshold:
            self._buffer += data
            return
        if self._file is None:
            self._file = self._storage.create(self._path)
            self._inline = False
            self._file.write(bytes(self._buffer))
            self._buffer.clear()
        view = memoryview(data)
        for at in range(0, len(view), CHUNK):
            self.check()
            self._file.write(view[at : at + CHUNK])

    def end(self) -> Section:
        return Section(self._start, self.position - self._start, self._hash.hexdigest())

    def commit(self) -> None:
        """The file is there, if one was needed; from then on `handle` tells where a section is."""
        self.check()
        if self._file is not None:
            file, self._file = self._file, None
            file.commit()

    def discard(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.discard()

    @property
    def inline(self) -> bool:
        """Whether everything stands in the handles."""
        return self._inline

    def handle(self, section: Section) -> StateHandle:
        if self._inline:
            return InlineHandle(data=bytes(self._buffer[section.offset : section.offset + section.size]))
        name = locations.name(self._path)
        return FileHandle(path=name, size=section.size, checksum=section.checksum, offset=section.offset)
