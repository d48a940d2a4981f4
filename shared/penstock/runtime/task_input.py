"""What a task takes: records its source reads, or its gate's events, a bounded piece at a time."""

import time
from collections.abc import Callable

from penstock.exchange.elements import MAX_TIMESTAMP, RecordBatch
from penstock.exchange.events import (
    AllEnded,
    BarrierEvent,
    BatchEvent,
    CancelEvent,
    GateEvent,
    InputEnded,
    LatencyEvent,
    StatusEvent,
    WatermarkEvent,
)
from penstock.exchange.input_gate import InputGate
from penstock.operators.chain import OperatorChain
from penstock.operators.sources import SourceOperator
from penstock.runtime.poll_size import PollSize
from penstock.runtime.slices import Slices
from penstock.runtime.task_barriers import TaskBarriers

#: gate events in one step; the slot's other tasks wait that long
EVENTS_A_STEP = 8
#: seconds after which a step polls its source no more
_POLLING = 0.003


class TaskInput:
    """`source`: of a task without a gate's input. `stops`: asked between two events whether to take no more now.
    `feeds_slot`: a task of the same slot takes what this one makes, in memory."""

    def __init__(
        self,
        gate: InputGate,
        chain: OperatorChain,
        source: SourceOperator | None,
        barriers: TaskBarriers | None,
        stops: Callable[[], bool],
        on_end: Callable[[], None],
        feeds_slot: bool = True,
    ) -> None:
        self.records = 0  #: taken so far
        #: of a wire tap: (input, batch, channel) as it is taken
        self.on_batch: Callable[[int, RecordBatch, int], None] | None = None
        self._gate, self._chain, self._source = gate, chain, source
        self._barriers, self._stops, self._on_end = barriers, stops, on_end
        # who takes it in memory should find it in the CPU's cache: one poll a step. Else a round costs more than a poll
        self._polling = 0.0 if feeds_slot else _POLLING
        self._poll_size, self._slices = PollSize(), Slices()
        self._side = self._channel = 0  #: the input and the channel that the batch in `_slices` came by
        self._retry_at = 0.0
        self._source_woke = False

    @property
    def wait(self) -> float:
        """Seconds until the source is to be asked again."""
        return 0.0 if self._source_woke else max(0.0, self._retry_at - time.monotonic())

    def source_woke(self) -> None:
        """The source has records again. From any thread."""
        self._source_woke = True

    def take(self) -> bool:
        """One piece. False: there was nothing."""
        source = self._source
        if source is None:
            return self._poll_gate()
        until = time.monotonic() + self._polling
        progress = False
        while self._poll_source(source):
            progress = True
            if time.monotonic() >= until or self._stops():
                break
        return progress

    def rest(self) -> tuple[int, RecordBatch] | None:
        """What is left of the batch at hand, and the channel it came by."""
        rest = self._slices.rest()
        return None if rest is None else (self._channel, rest)

    def overtaken(self) -> bool:
        """Take an unaligned checkpoint whose barrier is ahead. False: there is none."""
        if self._barriers is None:
            return False
        found = self._gate.look_ahead(self.rest)
        if found is None:
            return False
        self._barriers.on_overtaken(self._chain, found)
        return True

    def take_controls(self) -> bool:
        """After the end: barriers and cancels are all that still counts. A task that had ended before it was restored
        is told of its inputs' end once more."""
        progress = False
        while (event := self._gate.poll()) is not None:
            progress = True
            if isinstance(event, BarrierEvent | CancelEvent):
                self._handle(event)
        return progress

    # -- inside ------------------------------------------------------------------------------------------------------

    def _poll_gate(self) -> bool:
        for n in range(EVENTS_A_STEP):
            if not self._slices:
                event = self._gate.poll()
                if event is None:
                    return n > 0
                self._handle(event)
            if self._slices:
                self._process_part()
            if self._slices or self._stops():
                break
        return True

    def _poll_source(self, source: SourceOperator) -> bool:
        started = time.monotonic()
        if started < self._retry_at and not self._source_woke:
            return False
        # before the poll: what comes during it is not missed
        self._source_woke = False
        values = source.poll(self._poll_size.records)
        if values is None:
            self.end()
            return True
        if not values:
            self._retry_at = started + self._poll_size.retry()
            return False
        self.records += len(values)
        self._chain.process_values(values)
        self._poll_size.took(time.monotonic() - started, len(values))
        return True

    def _process_part(self) -> None:
        part = self._slices.take()
        self.records += len(part)
        started = time.monotonic()
        self._chain.process(part, self._side)
        self._slices.took(time.monotonic() - started, len(part))

    def _handle(self, event: GateEvent) -> None:
        match event:
            case BatchEvent(side, batch, channel):
                if self.on_batch is not None:
                    self.on_batch(side, batch, channel)
                self._slices.put(batch)
                self._side, self._channel = side, channel
            case WatermarkEvent(timestamp):
                self._chain.process_watermark(timestamp)
            case StatusEvent(active):
                self._chain.process_status(active)
            case AllEnded():
                self.end()
            case BarrierEvent():
                if self._barriers is not None:
                    self._barriers.on_barrier(self._chain, event)
            case CancelEvent():
                if self._barriers is not None:
                    self._barriers.on_cancel(self._chain, event)
            case LatencyEvent(marker):
                self._chain.process_marker(marker)
            case InputEnded():
                pass  # nothing to do by itself

    def end(self) -> None:
        """No more input will come, and event time is over."""
        self._chain.process_watermark(MAX_TIMESTAMP)
        self._on_end()
