"""Event time at its origin: timestamps assigned record by record, watermarks behind the highest of them."""

import math
import operator
from typing import Any

from penstock.exchange.elements import MIN_TIMESTAMP
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.operator import Operator, is_end_of_time
from penstock.operators.user_function import UserFunction
from penstock.operators.watermark_strategy import read_strategy
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot, RestoredOperator
from penstock.state.timer_service import processing_time
from penstock.state.watermark_state import META

#: list state: (subtask, parallelism, highest timestamp, whether it is idle)
EVENT_TIME = "_event_time"


class EventTime:
    """What the fused loop writes: the highest timestamp (ms) so far, and whether there was a record."""

    __slots__ = ("max_timestamp", "seen")

    def __init__(self) -> None:
        self.max_timestamp = MIN_TIMESTAMP
        self.seen = False


class TimestampsAndWatermarksOperator(Operator):
    """`assign_timestamps_and_watermarks`. A watermark is one below the highest timestamp, less the allowed disorder.

    Watermarks leave every `interval` ms (0: never); those from upstream end here but for the last one, as in Flink.
    """

    def __init__(self, index: int, name: str, strategy: Any, interval: int) -> None:
        super().__init__(index, name)
        self._strategy = read_strategy(strategy)
        assigner = self._strategy.assigner
        self._assigner = None if assigner is None else UserFunction(assigner, "extract_timestamp")
        self._interval = interval
        self.has_timers = self._emits or self._strategy.idle_timeout is not None
        self._time = EventTime()
        self._emitted = MIN_TIMESTAMP
        self._emitted_at = processing_time()
        self._seen_at = processing_time()
        self._idle = self._announces = False
        self._place = (0, 1)  #: subtask, parallelism
        self._former: list[tuple[int, int, int, bool]] = []

    def open(self, context: Any) -> None:
        self._seen_at = processing_time()
        self._place = context.get_index_of_this_subtask(), context.get_number_of_parallel_subtasks()
        self._resume()
        if self._assigner is not None:
            self._assigner.open(context)

    def close(self) -> None:
        if self._assigner is not None:
            self._assigner.close()

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        if self._assigner is not None:
            stamp = code.fresh("t")
            before = MIN_TIMESTAMP if rec.timestamp is None else rec.timestamp
            code.line(f"{stamp} = {code.bind(self.label('timestamp_of'), self._assigner.call)}({rec.value}, {before})")
            with code.indented(f"if {stamp}.__class__ is not int:"):
                code.line(f"{stamp} = {code.bind(self.label('watermarks'), self)}.as_timestamp({stamp}, {rec.value})")
            rec = rec.with_timestamp(stamp)
        if self._strategy.idle_timeout is not None:
            time = code.bind(self.label("event_time"), self._time)
            code.line(f"{time}.seen = True")
            with code.indented(f"if {code.bind(self.label('watermarks'), self)}.is_idle:"):
                code.line(f"{code.bind(self.label('watermarks'), self)}.wake()")
        if self._emits and rec.timestamp is not None:
            time = code.bind(self.label("event_time"), self._time)
            given = "" if self._assigner is not None else f"{rec.timestamp} is not None and "
            with code.indented(f"if {given}{rec.timestamp} > {time}.max_timestamp:"):
                code.line(f"{time}.max_timestamp = {rec.timestamp}")
        self.chain.consume(code, self.index, None, rec, tail)

    @property
    def _emits(self) -> bool:
        return self._strategy.disorder is not None and self._interval > 0

    def as_timestamp(self, timestamp: Any, value: Any) -> int:
        """A float without its fraction, a number of numpy's. TypeError names assigner and record for anything else."""
        if isinstance(timestamp, float) and math.isfinite(timestamp):
            return int(timestamp)
        try:
            return operator.index(timestamp)
        except TypeError:
            raise TypeError(
                f"{self._strategy.assigner!r} has to return a timestamp, a number of ms since the epoch, "
                f"and returned {timestamp!r} for the record {value!r}"
            ) from None

    @property
    def is_idle(self) -> bool:
        return self._idle

    def wake(self) -> None:
        """The first record after an idle time: count for the consumers' watermark again."""
        self._idle = False
        self._seen_at = processing_time()
        self.chain.forward_status(self.index, True)

    def on_watermark(self, timestamp: int) -> int | None:
        return timestamp if is_end_of_time(timestamp) else None

    def on_status(self, active: bool) -> bool | None:
        return None if self._strategy.idle_timeout is not None else active

    def next_timer(self) -> int | None:
        due = [self._seen_at] if self._announces else []
        if self._pending() is not None:
            due.append(self._emitted_at + self._interval)
        if self._strategy.idle_timeout is not None and not self._idle:
            due.append(self._seen_at + self._strategy.idle_timeout)
        return min(due, default=None)

    def on_processing_time(self, now: int) -> None:
        if self._announces:
            self._announces = False
            self.chain.forward_status(self.index, True)
        watermark = self._pending()
        if watermark is not None and now >= self._emitted_at + self._interval:
            self._emitted, self._emitted_at = watermark, now
            self.chain.forward_watermark(self.index, watermark)
        if self._strategy.idle_timeout is not None and not self._idle:
            if self._time.seen:
                self._time.seen, self._seen_at = False, now
            elif now >= self._seen_at + self._strategy.idle_timeout:
                self._idle = True
                self.chain.forward_status(self.index, False)

    @property
    def emitted_watermark(self) -> int:
        """The last one forwarded but for that of the end; MIN_TIMESTAMP where there was none."""
        return self._emitted

    @property
    def current_watermark(self) -> int:
        """That of the records so far, emitted or not; MIN_TIMESTAMP where there is none."""
        highest = self.highest_timestamp if self._emits else MIN_TIMESTAMP
        if highest == MIN_TIMESTAMP:
            return MIN_TIMESTAMP
        assert self._strategy.disorder is not None
        return highest - self._strategy.disorder - 1

    @property
    def highest_timestamp(self) -> int:
        """That the watermark follows; MIN_TIMESTAMP where there is none."""
        return self._time.max_timestamp

    def _pending(self) -> int | None:
        watermark = self.current_watermark
        return watermark if watermark > self._emitted else None

    # -- state -------------------------------------------------------------------------------------------------------

    def restore(self, restored: RestoredOperator) -> None:
        self._former = restored.lists.get(EVENT_TIME, [])

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        """Who it is, its highest timestamp, and whether it is idle; nothing without event time."""
        highest = self.highest_timestamp
        if highest == MIN_TIMESTAMP and not self._idle:
            return OperatorSnapshot()
        own = (*self._place, highest, self._idle)
        return OperatorSnapshot(lists={EVENT_TIME: ListSnapshot("union", (own,), META)})

    def _resume(self) -> None:
        """The former subtask's time; at another parallelism the least of all, as splits may come from any."""
        own = [
            (time, idle) for subtask, parallelism, time, idle in self._former if (subtask, parallelism) == self._place
        ]
        if own:
            self._time.max_timestamp, self._idle = own[0]
        elif all(parallelism != self._place[1] for _, parallelism, _, _ in self._former):
            self._time.max_timestamp = min((time for _, _, time, _ in self._former), default=MIN_TIMESTAMP)
            # consumers may have it that this subtask is idle
            self._announces = bool(self._former) and self._strategy.idle_timeout is not None
        self._former = []
