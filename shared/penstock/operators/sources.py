"""The head of a source vertex: its reader, and the timestamps and watermarks of its strategy."""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.exchange.elements import MIN_TIMESTAMP, RecordBatch
from penstock.operators.alignment import alignment_group
from penstock.operators.discovery import Discovery, KnownSplits
from penstock.operators.source_interface import (
    DiscoveringSource,
    ReaderContext,
    Source,
    SourceReader,
    SplitwiseReader,
)
from penstock.operators.source_metrics import Activity, add_metrics
from penstock.operators.split_times import SplitTimes
from penstock.operators.watermarks import TimestampsAndWatermarksOperator
from penstock.state.clock import processing_time
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot, RestoredOperator

#: names of the list states of a source
SPLITS, KNOWN_SPLITS = "splits", "known splits"


class SourceOperator(TimestampsAndWatermarksOperator):
    """The task polls it; records enter the fused loop as a batch."""

    def __init__(
        self, index: int, name: str, source: Source, strategy: Any, interval: int, job_id: str = "", attempt: int = 0
    ) -> None:
        super().__init__(index, name, strategy, interval)
        self.source = source
        #: set by who runs the task: to be called, from any thread, when `poll` has something again
        self.wake: Callable[[], None] = lambda: None
        self._job_id, self._attempt = job_id, attempt
        self._alignment = self._strategy.alignment
        self._group = None
        if self._alignment is not None:
            self._group = alignment_group(job_id, self._alignment.group)
            self._group.wants(self._alignment.update_interval_ms)
        self._reader: SourceReader | None = None
        self._splitwise: SplitwiseReader | None = None  #: the reader, where it tells its splits apart
        self._restored: list[Any] | None = None
        self._restored_ids: Sequence[str] = ()
        self._known: KnownSplits | None = None
        self._discovery: Discovery | None = None
        self._splits: SplitTimes | None = None
        self._split: str | None = None  #: whose records the last poll gave
        self._combined = self._highest = MIN_TIMESTAMP  #: as the watermark goes; of all splits
        self.activity = Activity()

    @property
    def reader(self) -> SourceReader | None:
        """None until the source was started."""
        return self._reader

    @property
    def emitted_time(self) -> int | None:
        """The highest event time (ms) given out, where watermarks are made of it, else the last one that was read."""
        if not self._emits:
            return None if self._assigner is not None else self.activity.event_time
        highest = max(self._highest, self._time.max_timestamp)
        return None if highest == MIN_TIMESTAMP else highest

    def open(self, context: Any) -> None:
        super().open(context)
        add_metrics(context.get_metrics_group(), self)

    def restore(self, restored: RestoredOperator) -> None:
        super().restore(restored)
        # a checkpoint that knows nothing of the source: it begins as in a new job
        if restored.subtasks:
            self._restored = list(restored.lists.get(SPLITS, ()))
            self._restored_ids = restored.lists.get(KNOWN_SPLITS, ())

    def start(self, enumerated: Callable[[], Sequence[Any]], subtask: int, parallelism: int) -> None:
        """Make the reader and give it its splits. `enumerated`: all splits of the source, asked for in a new job."""
        discovering = self.source if isinstance(self.source, DiscoveringSource) else None
        interval = None if discovering is None else discovering.discovery_interval
        if discovering is not None:
            # also where nothing is to be discovered: the job may go on as one that does
            self._known = KnownSplits(discovering, subtask, parallelism, self._restored_ids)
        if self._restored is not None:
            splits: Sequence[Any] = self._restored
        else:
            everything = enumerated()
            owned = [] if self._known is None else self._known.take(everything)
            splits = everything[subtask::parallelism] if interval is None else owned
        self._reader = self.source.create_reader(
            ReaderContext(
                subtask, parallelism, self._job_id, lambda: self.wake(), self._attempt, self._restored is not None
            )
        )
        self._splitwise = self._reader if isinstance(self._reader, SplitwiseReader) else None
        self._reader.add_splits(splits)
        if discovering is not None and interval is not None:
            self._discovery = Discovery(discovering.discover, interval, lambda: self.wake())

    def poll(self, max_records: int) -> list[Any] | RecordBatch | None:
        """Records, empty for none just now, None for the end."""
        assert self._reader is not None, "the source was not started"
        if self._group is not None and self._alignment is not None:
            self._group.report(self, self.current_watermark, self.is_idle)
            if self._group.is_ahead(self, self._alignment.max_drift_ms):
                return []
        if self._discovery is not None and self._known is not None:
            found = self._known.take(self._discovery.take())
            if found:
                self._reader.add_splits(found)
        records = (
            self._reader.poll(max_records)
            if self._splitwise is None
            else self._poll_split(self._splitwise, max_records)
        )
        if records is None and self._discovery is not None:
            records = []
        self.activity.polled(records)
        if records is None and self._group is not None:
            self._group.leave(self)
        return records

    # -- splits that are told apart ----------------------------------------------------------------------------------

    def _poll_split(self, reader: SplitwiseReader, max_records: int) -> list[Any] | RecordBatch | None:
        self._read_so_far()
        least = MIN_TIMESTAMP
        if self._splits is None:
            self._splits = SplitTimes(self._strategy.idle_timeout)
            self._combined = least = self._time.max_timestamp
        records = reader.poll(max_records)
        self._splits.open(reader.open_splits, least, processing_time())
        self._split = reader.current_split if records else None
        if self._split is not None:
            # what the loop raises is this split's from here to the next poll
            self._time.max_timestamp = self._splits.highest(self._split)
        return records

    def _read_so_far(self) -> None:
        self._highest = max(self._highest, self._time.max_timestamp)
        if self._splits is not None and self._split is not None:
            self._splits.read(self._split, self._time.max_timestamp, processing_time())

    @property
    def highest_timestamp(self) -> int:
        if self._splits is None:
            return super().highest_timestamp
        self._read_so_far()
        combined = self._splits.combined(processing_time())
        if combined is not None:
            self._combined = max(self._combined, combined)
        return self._combined

    def next_timer(self) -> int | None:
        due = [super().next_timer(), None if self._splits is None else self._splits.next_idle(processing_time())]
        return min((time for time in due if time is not None), default=None)

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        snapshot = super().snapshot(checkpoint)
        splits = self._reader.snapshot() if self._reader is not None else self._restored or []
        snapshot.lists[SPLITS] = ListSnapshot("split", tuple(splits))
        if self._known is not None:
            snapshot.lists[KNOWN_SPLITS] = ListSnapshot("union", tuple(self._known.ids()))
        return snapshot

    def notify_complete(self, checkpoint: int) -> None:
        tell: Callable[[int], None] | None = getattr(self._reader, "notify_complete", None)
        if tell is not None:
            tell(checkpoint)

    def close(self) -> None:
        if self._group is not None:
            self._group.leave(self)
        if self._discovery is not None:
            self._discovery.close()
        try:
            if self._reader is not None:
                self._reader.close()
        finally:
            super().close()
