"""Files that wait for their compaction, and the committable that compacts them: exactly once, whoever repeats it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.datastream.connectors.file_system.file_compact_strategy import FileCompactStrategy
from penstock.datastream.connectors.file_system.file_compactor import FileCompactor, IdenticalFileCompactor
from penstock.datastream.connectors.file_system.part_file import PendingFile
from penstock.datastream.connectors.file_system.writer_state import BucketState

#: before the name of the first of the files that a compacted one is made of, as in Flink
PREFIX = "compacted-"


@dataclass(frozen=True, slots=True)
class Compaction:
    strategy: FileCompactStrategy
    compactor: FileCompactor


@dataclass(frozen=True, slots=True)
class CompactRequest:
    """Pending files of one bucket to publish as one file."""

    files: tuple[PendingFile, ...]

    @property
    def final(self) -> Path:
        first = Path(self.files[0].final)
        return first.with_name(PREFIX + first.name)


class WaitingFiles:
    """By bucket. Without compaction nothing waits."""

    def __init__(self, compaction: Compaction | None) -> None:
        self._compaction = compaction
        self._files: dict[str, list[PendingFile]] = {}
        self._checkpoints: dict[str, int] = {}

    def restore(self, state: BucketState) -> None:
        if state.waiting:
            self._files.setdefault(state.name, []).extend(state.waiting)
            self._checkpoints[state.name] = max(self._checkpoints.get(state.name, 0), state.checkpoints_waited)

    def add(self, bucket: str, files: Sequence[PendingFile]) -> list[PendingFile]:
        """Those of them that are to be committed as they are."""
        if self._compaction is None:
            return list(files)
        if files:
            self._files.setdefault(bucket, []).extend(files)
        return []

    def due(self, ends: bool) -> list[PendingFile | CompactRequest]:
        """At a checkpoint. `ends`: there will be no other one."""
        due: list[PendingFile | CompactRequest] = []
        for bucket in list(self._files):
            waited = self._checkpoints[bucket] = self._checkpoints.get(bucket, 0) + 1
            files = self._files[bucket]
            if self._compaction is None:
                due += files
            elif ends or self._compaction.strategy.is_due(sum(f.length for f in files), waited):
                one_by_one = isinstance(self._compaction.compactor, IdenticalFileCompactor)
                due += [CompactRequest((f,)) for f in files] if one_by_one else [CompactRequest(tuple(files))]
            else:
                continue
            del self._files[bucket], self._checkpoints[bucket]
        return due

    def buckets(self) -> Iterable[str]:
        return self._files

    def state(self, bucket: str) -> tuple[tuple[PendingFile, ...], int]:
        return tuple(self._files.get(bucket, ())), self._checkpoints.get(bucket, 0)
