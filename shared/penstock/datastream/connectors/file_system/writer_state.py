"""What a snapshot keeps of one writer. It goes whole to one later writer, so that this one knows all of its files."""

from collections.abc import Iterable
from dataclasses import dataclass

from penstock.datastream.connectors.file_system.part_file import InProgressFile, PendingFile


@dataclass(frozen=True, slots=True)
class BucketState:
    """`waiting`: pending files that are not committed before they are compacted, for so many checkpoints."""

    name: str
    in_progress: InProgressFile | None
    waiting: tuple[PendingFile, ...] = ()
    checkpoints_waited: int = 0


@dataclass(frozen=True, slots=True)
class FileWriterState:
    """`tag`, `attempt`, `epoch`: whose files the snapshot knows, and until when; see `ownership`."""

    job_id: str
    tag: str
    attempt: int
    epoch: int
    buckets: tuple[BucketState, ...]

    def paths(self) -> Iterable[str]:
        for bucket in self.buckets:
            if bucket.in_progress is not None:
                yield bucket.in_progress.path
            for file in bucket.waiting:
                yield file.in_progress
