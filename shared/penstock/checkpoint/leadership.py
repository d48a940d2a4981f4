"""The mirror of a cluster-wide leadership: its newest epoch, where a Redis that comes back older cannot forget it.

    <dir>/leadership/<cluster id>/<role>

Whoever acquires the lease `claim`s the epoch here before he writes anything under it.
"""

import msgspec

from penstock.checkpoint import locations
from penstock.checkpoint.base import base_directory
from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.stored_files import StoredFiles
from penstock.client.config import Configuration

FOLDER = "leadership"


class Leadership(msgspec.Struct, frozen=True, kw_only=True):
    """As JSON. `revision`: of the rows, some seconds ago. `time`: ms, for people."""

    epoch: int
    revision: int = 0
    time: int = 0


class LeadershipMirror:
    """Of one role. Errors are CheckpointStorageErrors. It is read, compared and written, not swapped: of two that do so
    at once one may overwrite the other's, and the next epoch mends it."""

    def __init__(self, files: StoredFiles, path: str) -> None:
        self._files, self._path = files, path

    @classmethod
    def of(cls, configuration: Configuration, cluster_id: str, role: str) -> "LeadershipMirror | None":
        """None where no folder is configured."""
        base = base_directory(configuration)
        if base is None:
            return None
        path = locations.join(locations.join(locations.join(base, FOLDER), cluster_id), role)
        return cls(StoredFiles(configuration), path)

    def read(self) -> Leadership | None:
        """None where there is none, or a damaged one: it is no use to anybody, and written anew."""
        if not self._files.exists(self._path):
            return None
        try:
            return msgspec.json.decode(self._files.read_file(self._path), type=Leadership)
        except (msgspec.DecodeError, msgspec.ValidationError, CheckpointUnusable):
            return None

    def claim(self, epoch: int, now: int) -> Leadership | None:
        """What was there. The epoch is noted where it is beyond that; where it is not, it was given out before."""
        known = self.read()
        if known is None or known.epoch < epoch:
            self._write(Leadership(epoch=epoch, revision=known.revision if known else 0, time=now))
        return known

    def note(self, epoch: int, revision: int, now: int) -> None:
        """Under an epoch that was claimed. Not over that of a later one."""
        known = self.read()
        if known is None or known.epoch <= epoch:
            self._write(Leadership(epoch=epoch, revision=revision, time=now))

    def _write(self, content: Leadership) -> None:
        self._files.write(self._path, msgspec.json.encode(content) + b"\n")
