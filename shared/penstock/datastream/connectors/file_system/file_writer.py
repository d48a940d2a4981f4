"""The writer of one subtask of a FileSink."""

import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.datastream.connectors.file_system.part_file import PartFile, PendingFile

if TYPE_CHECKING:
    from penstock.datastream.connectors.file_system.file_sink import FileSink


class FileWriter:
    """Implements `penstock.operators.specs.SinkWriter`. Has one part file open: buckets follow each other in time."""

    def __init__(self, sink: "FileSink", clock: Callable[[], float] = time.time) -> None:
        self._sink = sink
        self._clock = clock
        self._id = uuid.uuid4()
        self._parts_of_bucket: dict[str, int] = {}
        self._bucket = ""
        self._part: PartFile | None = None
        self._encode: Callable[[Sequence[Any]], bytes] = lambda values: b""
        self._pending: list[PendingFile] = []
        self._checked = clock()

    def write(self, values: Sequence[Any]) -> None:
        now = self._clock()
        bucket = self._sink.bucket_assigner.bucket(now)
        part = self._part_for(bucket, now)
        part.write(self._encode(values), now)

    def _part_for(self, bucket: str, now: float) -> PartFile:
        part = self._part
        if part is not None:
            policy = self._sink.rolling_policy
            if bucket != self._bucket or policy.rolls_by_size(part.size) or self._rolls_by_time(part, now):
                self._close_part(part)
                part = None
        if part is None:
            part = self._part = self._open_part(bucket, now)
        return part

    def _rolls_by_time(self, part: PartFile, now: float) -> bool:
        if (now - self._checked) * 1000 < self._sink.bucket_check_interval:
            return False
        self._checked = now
        return self._sink.rolling_policy.rolls_by_time((now - part.created) * 1000, (now - part.written) * 1000)

    def _open_part(self, bucket: str, now: float) -> PartFile:
        number = self._parts_of_bucket.get(bucket, 0)
        self._parts_of_bucket[bucket] = number + 1
        names = self._sink.output_file_config
        name = f"{names.part_prefix}-{self._id}-{number}{names.part_suffix}"
        self._bucket = bucket
        self._encode = self._sink.encoder.open(self._sink.input_type)
        return PartFile(Path(self._sink.base_path) / bucket, name, now)

    def _close_part(self, part: PartFile) -> None:
        self._pending.append(part.complete())
        self._part = None

    def flush(self) -> None:
        if self._part is not None:
            self._part.flush()

    def prepare_commit(self) -> list[PendingFile]:
        if self._part is not None:
            self._close_part(self._part)
        pending, self._pending = self._pending, []
        return pending

    def close(self) -> None:
        """Removes what was not handed out by `prepare_commit`: nobody could publish it any more."""
        if self._part is not None:
            self._part.discard()
            self._part = None
        for pending in self._pending:
            Path(pending.in_progress).unlink(missing_ok=True)
        self._pending = []
