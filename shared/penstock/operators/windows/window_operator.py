"""What all window operators share: the window function, results on their way, late records, state."""

from collections.abc import Iterable
from typing import Any

from penstock.operators.operator import Operator
from penstock.operators.window_spec import WindowSpec
from penstock.operators.windows.contents import Contents
from penstock.operators.windows.evaluation import Evaluation
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator
from penstock.state.watermark_state import restored_watermark, watermark_list


class WindowOperatorBase(Operator):
    """Results are collected and leave in one batch: after a batch of records, or after the timers of a watermark."""

    def __init__(
        self,
        index: int,
        name: str,
        spec: WindowSpec,
        contents: Contents,
        backend: HashMapKeyedStateBackend,
        merges: bool = False,
    ) -> None:
        super().__init__(index, name)
        self.spec, self.contents, self.backend = spec, contents, backend
        self.evaluation = Evaluation(spec, backend, merges)
        # the pass-through of reduce and aggregate emits values, whatever they look like
        self.takes_tags = spec.window_function is not None or spec.late_tag is not None
        self.late_records_dropped = 0
        self._results: list[Any] = []
        self._timestamps: list[int | None] = []

    def open(self, context: Any) -> None:
        self.evaluation.open(context)

    def close(self) -> None:
        self.evaluation.close()

    def put(self, results: Iterable[Any], timestamp: int | None) -> None:
        """Results that wait for `flush`."""
        before = len(self._results)
        self._results.extend(results)
        self._timestamps.extend([timestamp] * (len(self._results) - before))

    def put_late(self, value: Any, timestamp: int | None) -> None:
        """A record too late for all of its windows."""
        if self.spec.late_tag is None:
            self.late_records_dropped += 1
        else:
            self.put(((self.spec.late_tag, value),), timestamp)

    def flush(self) -> None:
        """Hand over all results."""
        if self._results:
            results, self._results = self._results, []
            timestamps, self._timestamps = self._timestamps, []
            self.chain.emit(self.index, results, timestamps)

    def on_idle(self) -> None:
        self.flush()

    def restore(self, restored: RestoredOperator) -> None:
        # at a barrier all subtasks have the same watermark: it says which windows have fired, and what is late
        self.restore_watermark(restored_watermark(restored))
        self.backend.restore(restored)

    def restore_watermark(self, watermark: int) -> None:
        """Before all other state."""
        self.evaluation.context.watermark = watermark

    def prepare_snapshot(self, checkpoint: int) -> None:
        self.flush()

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        watermark = watermark_list(self.evaluation.context.watermark)
        return OperatorSnapshot(self.backend.snapshot(), dict(watermark))
