"""One subtask of a vertex: takes input when its outputs have room, runs it through the fused chain, ends when it ends.

CREATED -> INITIALIZING -> RUNNING -> FINISHED, CANCELED or FAILED; single-threaded, driven by `SlotRunner`.
"""

import time
from collections.abc import Callable, Sequence

import msgspec

from penstock.coordination.messages import Failure
from penstock.coordination.rows import SubtaskMetrics
from penstock.exchange.elements import MAX_TIMESTAMP, MIN_TIMESTAMP, EndOfInput
from penstock.exchange.events import AllEnded, BatchEvent, GateEvent, StatusEvent, WatermarkEvent
from penstock.exchange.input_gate import InputGate
from penstock.exchange.output_writer import OutputWriter
from penstock.graph.states import ExecutionState
from penstock.operators.chain import OperatorChain
from penstock.operators.registry import SubtaskInfo
from penstock.operators.sinks import CollectOperator, Collector
from penstock.operators.sources import SourceOperator
from penstock.runtime.failure import failure_of
from penstock.runtime.metrics import MetricRegistry
from penstock.runtime.poll_size import PollSize
from penstock.runtime.slices import Slices
from penstock.state.timer_service import processing_time

#: gate events in one step; the slot's other tasks wait that long
EVENTS_A_STEP = 8


class Task:
    """`step` never blocks."""

    def __init__(
        self,
        vertex: str,
        info: SubtaskInfo,
        build: Callable[[], OperatorChain],
        gate: InputGate,
        writers: Sequence[OutputWriter],
        metrics: MetricRegistry | None = None,
    ) -> None:
        self.vertex, self.info = vertex, info
        self.state = ExecutionState.CREATED
        self.failure: Failure | None = None
        self.error: BaseException | None = None
        self._build, self._gate, self._writers = build, gate, writers
        #: set by who runs the task: to be called, from any thread, when it has work
        self.wake: Callable[[], None] = lambda: None
        self._user_metrics = metrics or MetricRegistry()
        self._chain: OperatorChain | None = None
        self._source: SourceOperator | None = None
        self._collectors: list[Collector] = []
        self._poll_size, self._slices = PollSize(), Slices()
        self._side = 0  #: the input that the batch in `_slices` came by
        self._input_ended = False
        self._ended = False
        self._idle = False
        self._retry_at = 0.0
        self._source_woke = False
        self._records_in = 0
        self._busy_ns = self._blocked_ns = self._idle_ns = 0
        self._stepped_at = 0

    # -- driven by the runner ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Build and open the chain. An error makes the task FAILED."""
        self.state = ExecutionState.INITIALIZING
        try:
            chain = self._build()
        except (Exception, SystemExit) as e:
            self._fail(e)
            return
        self._chain = chain
        for operator in chain.asynchronous:
            operator.wake = self.wake
        head = chain.operators[0]
        self._source = head if isinstance(head, SourceOperator) else None
        if self._source is not None:
            self._source.wake = self._source_has_records
        self._collectors = [o.collector for o in chain.operators if isinstance(o, CollectOperator)]
        self.state = ExecutionState.RUNNING
        self._stepped_at = time.perf_counter_ns()

    def step(self) -> bool:
        """Do a bounded piece of work, a few ms of it where the functions allow. False: there is none just now."""
        if self.state is not ExecutionState.RUNNING:
            return False
        started = time.perf_counter_ns()
        try:
            progress, blocked = self._step()
        except (Exception, SystemExit) as e:  # sys.exit() in a function ends its job, not the slot
            self._fail(e)
            return True
        ended = time.perf_counter_ns()
        waited = started - self._stepped_at
        if self._idle and not blocked:
            self._idle_ns += waited
        elif blocked:
            self._blocked_ns += waited
        if progress:
            self._busy_ns += ended - started
        self._idle = not progress
        self._stepped_at = ended
        return progress

    def on_idle(self) -> None:
        """The slot has nothing to do: let go what waits in sinks."""
        if self._chain is not None and self.state is ExecutionState.RUNNING:
            try:
                self._chain.on_idle()
            except Exception as e:
                self._fail(e)

    def wait_time(self) -> float | None:
        """Seconds until the task has work even without input, 0 for now; None: there is no such time."""
        if self.state is not ExecutionState.RUNNING or self._chain is None:
            return None
        waits: list[float] = []
        timer = None if self._ended else self._chain.next_timer()
        if timer is not None:
            waits.append(max(0.0, (timer - processing_time()) / 1000))
        if self._source is not None and not self._input_ended and not self._is_blocked():
            waits.append(0.0 if self._source_woke else max(0.0, self._retry_at - time.monotonic()))
        return min(waits, default=None)

    def cancel(self) -> None:
        """CANCELED at once: between two steps no user code runs. Nothing happens to a task that has ended."""
        if not self.state.is_terminal:
            self.state = ExecutionState.CANCELING
            try:
                self._close()
            except Exception as e:
                self._fail(e)
                return
            self.state = ExecutionState.CANCELED

    def fail(self, error: Exception) -> None:
        """End the task because of something outside of it. Nothing happens to a task that has ended."""
        if not self.state.is_terminal:
            self._fail(error)

    def metrics(self) -> SubtaskMetrics:
        """The counters as they stand."""
        chain = self._chain
        watermark = None if chain is None or chain.watermark == MIN_TIMESTAMP else chain.watermark
        return SubtaskMetrics(
            attempt=self.info.attempt,
            records_in=0 if self._source is not None else self._records_in,
            records_out=0 if chain is None else sum(e.records_out for e in chain.edges),
            bytes_in=self._gate.bytes_in,
            bytes_out=sum(w.bytes_out for w in self._writers),
            busy_ms=self._busy_ns // 1_000_000,
            backpressured_ms=self._blocked_ns // 1_000_000,
            idle_ms=self._idle_ns // 1_000_000,
            watermark=watermark,
            final=self.state.is_terminal,
            user=self._user_metrics.values(),
        )

    # -- inside ------------------------------------------------------------------------------------------------------

    def _step(self) -> tuple[bool, bool]:
        chain = self._chain
        assert chain is not None
        if self._ended:
            return self._try_finish(), False
        fired = chain.drain() if chain.asynchronous else False
        fired = self._fire_timers(chain) or fired
        if self._input_ended:
            return self._finish(chain) or fired, False
        if self._is_blocked():
            return fired, True
        if self._source is not None:
            return self._poll_source(chain, self._source) or fired, False
        for n in range(EVENTS_A_STEP):
            if not self._slices:
                event = self._gate.poll()
                if event is None:
                    return n > 0 or fired, False
                self._handle(chain, event)
            if self._slices:
                self._process_part(chain)
            if self._slices or self._input_ended or self._is_blocked():
                break
        return True, False

    def _is_blocked(self) -> bool:
        if any(w.blocked for w in self._writers) or any(c.blocked for c in self._collectors):
            return True
        return self._chain is not None and any(o.blocked for o in self._chain.asynchronous)

    def _fire_timers(self, chain: OperatorChain) -> bool:
        due = chain.next_timer()
        if due is None:
            return False
        now = processing_time()
        if due > now:
            return False
        chain.on_processing_time(now)
        return True

    def _poll_source(self, chain: OperatorChain, source: SourceOperator) -> bool:
        started = time.monotonic()
        if started < self._retry_at and not self._source_woke:
            return False
        # before the poll: what comes during it is not missed
        self._source_woke = False
        values = source.poll(self._poll_size.records)
        if values is None:
            self._end(chain)
            return True
        if not values:
            self._retry_at = started + self._poll_size.retry()
            return False
        self._records_in += len(values)
        chain.process_values(values)
        self._poll_size.took(time.monotonic() - started, len(values))
        return True

    def _source_has_records(self) -> None:
        """From any thread."""
        self._source_woke = True
        self.wake()

    def _process_part(self, chain: OperatorChain) -> None:
        part = self._slices.take()
        self._records_in += len(part)
        started = time.monotonic()
        chain.process(part, self._side)
        self._slices.took(time.monotonic() - started, len(part))

    def _handle(self, chain: OperatorChain, event: GateEvent) -> None:
        match event:
            case BatchEvent(side, batch):
                self._slices.put(batch)
                self._side = side
            case WatermarkEvent(timestamp):
                chain.process_watermark(timestamp)
            case StatusEvent(active):
                chain.process_status(active)
            case AllEnded():
                self._end(chain)
            case _:
                # barriers and cancels: nobody triggers checkpoints yet. An input that ended: nothing to do by itself.
                pass

    def _end(self, chain: OperatorChain) -> None:
        chain.process_watermark(MAX_TIMESTAMP)
        self._input_ended = True
        self._finish(chain)

    def _finish(self, chain: OperatorChain) -> bool:
        if not chain.finish():
            return False
        for writer in self._writers:
            writer.broadcast(EndOfInput())
        self._ended = True
        return True

    def _try_finish(self) -> bool:
        # FINISHED is a promise that nothing of the output can be lost with this process
        if not all(w.is_drained for w in self._writers) or not all(c.is_drained for c in self._collectors):
            return False
        self._close()
        self.state = ExecutionState.FINISHED
        return True

    def _fail(self, error: BaseException) -> None:
        # first of all: closing the chain takes its generated source away, and with it the operators' names
        failure = failure_of(error, self.info.task_name_with_subtasks)
        try:
            self._close()
        except Exception as closing:
            note = f"\nand closing the task raised {type(closing).__name__}: {closing}\n"
            failure = msgspec.structs.replace(failure, traceback=failure.traceback + note)
        self.error, self.failure = error, failure
        self.state = ExecutionState.FAILED

    def _close(self) -> None:
        # before the functions are closed, which gauges may read
        self._user_metrics.freeze()
        if self._chain is not None:
            self._chain.close()
