"""The writer of one subtask of a FileSink."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.datastream.connectors.file_system.bucket import Bucket
from penstock.datastream.connectors.file_system.bucket_assigner import BucketAssignerContext, check_bucket
from penstock.datastream.connectors.file_system.compacting import CompactRequest, WaitingFiles
from penstock.datastream.connectors.file_system.ownership import Owner, sweep, sweep_all
from penstock.datastream.connectors.file_system.part_file import ObsoleteFile, PendingFile
from penstock.datastream.connectors.file_system.part_writing import RowPart
from penstock.datastream.connectors.file_system.writer_state import BucketState, FileWriterState
from penstock.operators.specs import WriterContext

if TYPE_CHECKING:
    from penstock.datastream.connectors.file_system.file_sink import FileSink

Committable = PendingFile | ObsoleteFile | CompactRequest


class FileWriter:
    """Implements `penstock.operators.specs.SinkWriter`."""

    def __init__(self, sink: "FileSink", context: WriterContext, clock: Callable[[], float] = time.time) -> None:
        self._sink, self._clock = sink, clock
        self._owner = Owner.of(context)
        self._commits_at_end = not context.checkpointing
        self._has_ended = False
        self._epoch = 0
        self._buckets: dict[str, Bucket] = {}
        self._waiting = WaitingFiles(sink.compaction)
        self._obsolete: list[ObsoleteFile] = []
        self._checked = clock()
        try:
            self._restore(context)
        except BaseException:
            self.close()
            raise

    def _restore(self, context: WriterContext) -> None:
        restored: Sequence[FileWriterState] = context.restored
        base = Path(self._sink.base_path)
        own = [state for state in restored if state.job_id == context.job_id and context.job_id]
        kept = frozenset(path for state in restored for path in state.paths())
        for state in own:
            sweep(base, state.tag, state.attempt, state.epoch, kept)
        if not restored and context.attempt > 0 and not context.is_restored:
            sweep_all(base, self._owner)
        now = self._clock()
        for state in restored:
            for bucket in state.buckets:
                self._waiting.restore(bucket)
                if bucket.in_progress is not None:
                    self._bucket(bucket.name).go_on(bucket.in_progress, now)
                    # of another job it may be alive
                    if state in own:
                        self._obsolete.append(ObsoleteFile(bucket.in_progress.path))

    def write(self, values: Sequence[Any]) -> None:
        now = self._clock()
        self._check_times(now)
        assigner = self._sink.bucket_assigner
        if not assigner.by_element:
            self._bucket(assigner.bucket(now)).write(values, now, self._epoch)
            return
        context = BucketAssignerContext(int(now * 1000))
        by_bucket: dict[str, list[Any]] = {}
        for value in values:
            by_bucket.setdefault(assigner.get_bucket_id(value, context), []).append(value)
        for name, of_bucket in by_bucket.items():
            self._bucket(name).write(of_bucket, now, self._epoch)

    def _bucket(self, name: str) -> Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(self._sink, self._owner, check_bucket(name))
        return bucket

    def _check_times(self, now: float) -> None:
        if (now - self._checked) * 1000 >= self._sink.bucket_check_interval:
            self._checked = now
            for bucket in self._buckets.values():
                bucket.roll(now, at_checkpoint=False, at_end=False)

    def flush(self) -> None:
        for bucket in self._buckets.values():
            if bucket.part is not None:
                bucket.part.flush()

    def end_input(self) -> None:
        """No records will come: the next `prepare_commit` closes every part, whatever the policy."""
        self._has_ended = True

    def prepare_commit(self) -> list[Committable]:
        now = self._clock()
        ends = self._has_ended or self._commits_at_end
        committables: list[Committable] = list(self._obsolete)
        self._obsolete = []
        for bucket in self._buckets.values():
            bucket.roll(now, at_checkpoint=True, at_end=ends)
            committables += self._waiting.add(bucket.name, bucket.take_pending())
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if not bucket.is_idle}
        return committables + self._waiting.due(ends)

    def snapshot(self) -> list[FileWriterState]:
        """One state, always: who gets it knows what this writer has left behind."""
        in_progress = {}
        for bucket in self._buckets.values():
            if isinstance(bucket.part, RowPart):
                bucket.part.sync()
                in_progress[bucket.name] = bucket.part.state()
        names = dict.fromkeys([*in_progress, *self._waiting.buckets()])
        states = tuple(BucketState(name, in_progress.get(name), *self._waiting.state(name)) for name in names)
        epoch, self._epoch = self._epoch, self._epoch + 1
        return [FileWriterState(self._owner.job_id, self._owner.tag, self._owner.attempt, epoch, states)]

    def close(self) -> None:
        """Removes what neither `prepare_commit` nor `snapshot` handed out: nobody could publish it any more."""
        for bucket in self._buckets.values():
            bucket.close(self._epoch)
        self._buckets = {}
