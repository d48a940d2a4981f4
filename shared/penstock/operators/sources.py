"""The head of a source vertex: its reader, and the timestamps and watermarks of its strategy."""

from collections.abc import Sequence
from typing import Any

from penstock.operators.alignment import alignment_group
from penstock.operators.specs import ReaderContext, Source, SourceReader
from penstock.operators.watermarks import TimestampsAndWatermarksOperator
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot


class SourceOperator(TimestampsAndWatermarksOperator):
    """The task polls it; records enter the fused loop as a batch."""

    def __init__(self, index: int, name: str, source: Source, strategy: Any, interval: int, job_id: str = "") -> None:
        super().__init__(index, name, strategy, interval)
        self.source = source
        self._alignment = self._strategy.alignment
        self._group = None if self._alignment is None else alignment_group(job_id, self._alignment.group)
        self._reader: SourceReader | None = None

    def start(self, splits: Sequence[Any], subtask: int, parallelism: int) -> None:
        """Make the reader and give it the splits of this subtask."""
        self._reader = self.source.create_reader(ReaderContext(subtask, parallelism))
        self._reader.add_splits(splits)

    def poll(self, max_records: int) -> list[Any] | None:
        """Records, [] for none just now, None for the end."""
        assert self._reader is not None, "the source was not started"
        if self._group is not None and self._alignment is not None:
            self._group.report(self, self.current_watermark, self.is_idle)
            if self._group.is_ahead(self, self._alignment.max_drift_ms):
                return []
        records = self._reader.poll(max_records)
        if records is None and self._group is not None:
            self._group.leave(self)
        return records

    def close(self) -> None:
        if self._group is not None:
            self._group.leave(self)
        try:
            if self._reader is not None:
                self._reader.close()
        finally:
            super().close()

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        snapshot = super().snapshot(checkpoint)
        splits = self._reader.snapshot() if self._reader is not None else []
        snapshot.lists["splits"] = ListSnapshot("split", tuple(splits))
        return snapshot
