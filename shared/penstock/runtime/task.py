"""One subtask of a vertex: takes input when its outputs have room, runs it through the fused chain, ends when it ends.

CREATED -> INITIALIZING -> RUNNING -> FINISHED, CANCELED or FAILED; single-threaded, driven by `SlotRunner`. What it
takes is in `task_input`, how it ends in `task_end`, its part in checkpoints in `task_barriers`, `task_checkpoints`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from penstock.coordination.failure import Failure
from penstock.coordination.rows import SubtaskMetrics
from penstock.exchange.elements import MIN_TIMESTAMP, CheckpointBarrier
from penstock.exchange.input_gate import InputGate
from penstock.exchange.output_writer import OutputWriter
from penstock.graph.states import ExecutionState
from penstock.operators.chain import OperatorChain
from penstock.operators.registry import SubtaskInfo
from penstock.operators.sinks import CollectOperator
from penstock.operators.sources import SourceOperator
from penstock.operators.watermarks import TimestampsAndWatermarksOperator
from penstock.runtime.channel_times import RestoredTimes
from penstock.runtime.failure import failure_of
from penstock.runtime.latency import TaskLatency
from penstock.runtime.metrics import MetricRegistry
from penstock.runtime.task_barriers import TaskBarriers
from penstock.runtime.task_checkpoints import TaskCheckpoints
from penstock.runtime.task_end import TaskEnd
from penstock.runtime.task_input import TaskInput
from penstock.state.timer_service import processing_time


@dataclass(frozen=True, slots=True)
class Built:
    """An open chain, and what of its checkpoint is the task's own. `is_over`: the task had ended before it."""

    chain: OperatorChain
    is_restored: bool = False
    is_over: bool = False
    times: RestoredTimes | None = None
    send_again: Callable[[], None] = lambda: None  #: what had been emitted and was in flight


class Task:
    """`step` never blocks. `checkpoints`: None where none can be taken. `waits`: to be FINISHED it needs one.

    `latency`: None where latency markers are off.
    """

    def __init__(
        self,
        vertex: str,
        info: SubtaskInfo,
        build: Callable[[], Built],
        gate: InputGate,
        writers: Sequence[OutputWriter],
        metrics: MetricRegistry | None = None,
        checkpoints: TaskCheckpoints | None = None,
        waits: bool = False,
        latency: TaskLatency | None = None,
    ) -> None:
        self.vertex, self.info = vertex, info
        self.state = ExecutionState.CREATED
        self.failure: Failure | None = None
        self.error: BaseException | None = None
        self._build, self._gate, self._writers = build, gate, writers
        #: set by who runs the task: to be called, from any thread, when it has work
        self.wake: Callable[[], None] = lambda: None
        #: set likewise: called once the task has ended and waits for a checkpoint
        self.on_exhausted: Callable[[], None] = lambda: None
        self._user_metrics = metrics or MetricRegistry()
        self._chain: OperatorChain | None = None
        self._source: SourceOperator | None = None
        self._input: TaskInput | None = None
        self._end = TaskEnd(writers, waits)
        self._checkpoints = checkpoints
        self._barriers: TaskBarriers | None = None
        if checkpoints is not None:
            is_local = checkpoints.is_task_local
            self._barriers = TaskBarriers(
                checkpoints, writers, self._end, lambda: gate.has_ended, self._drain, is_local
            )
        self._latency = latency
        self._idle = False
        self._busy_ns = self._blocked_ns = self._idle_ns = 0
        self._stepped_at = 0

    # -- driven by the runner ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Build and open the chain. An error makes the task FAILED."""
        self.state = ExecutionState.INITIALIZING
        try:
            built = self._build()
            chain = self._chain = built.chain
            self._begin(chain)
            built.send_again()
            if built.is_over:
                self._end.end_restored()
            elif built.is_restored:
                self._go_on(chain, built.times)
        except (Exception, SystemExit) as e:
            self._fail(e)
            return
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
        if self._end.suspended is not None:
            return None
        timer = None if self._end.ended else self._chain.next_timer()
        if timer is not None:
            waits.append(max(0.0, (timer - processing_time()) / 1000))
        if (overtakes := self._gate.look_ahead_at()) is not None:
            waits.append(max(0.0, overtakes - time.monotonic()))
        if self._source is not None and not self._end.input_ended and not self._is_blocked():
            assert self._input is not None
            waits.append(self._input.wait)
            if self._latency is not None:
                waits.append(self._latency.wait)
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

    def trigger_checkpoint(self, barrier: CheckpointBarrier) -> None:
        """Start a checkpoint at this head task, between two steps."""
        if self._barriers is not None:
            self._barriers.trigger(barrier)

    def checkpoint_complete(self, checkpoint: int) -> None:
        """A checkpoint exists for good; takes effect between two steps."""
        if self._barriers is not None:
            self._barriers.complete(checkpoint)

    def checkpoint_aborted(self, checkpoint: int, epoch: int) -> None:
        """A checkpoint will not be, says the JobMaster of `epoch`; takes effect between two steps."""
        if self._barriers is not None:
            self._barriers.abort(checkpoint, epoch)

    def fail(self, error: Exception) -> None:
        """End the task because of something outside of it. Nothing happens to a task that has ended."""
        if not self.state.is_terminal:
            self._fail(error)

    @property
    def tappable(self) -> tuple[OperatorChain, TaskInput] | None:
        """What a wire tap looks into; None where the task does not run."""
        if self.state is not ExecutionState.RUNNING or self._chain is None or self._input is None:
            return None
        return self._chain, self._input

    def metrics(self) -> SubtaskMetrics:
        """The counters as they stand."""
        chain = self._chain
        watermark = None if chain is None or chain.watermark == MIN_TIMESTAMP else chain.watermark
        taken = 0 if self._input is None else self._input.records
        return SubtaskMetrics(
            attempt=self.info.attempt,
            records_in=0 if self._source is not None else taken,
            records_read=0 if self._source is None else taken,
            records_out=0 if chain is None else sum(e.records_out for e in chain.edges),
            bytes_in=self._gate.bytes_in,
            bytes_out=sum(w.bytes_out for w in self._writers),
            busy_ms=self._busy_ns // 1_000_000,
            backpressured_ms=self._blocked_ns // 1_000_000,
            idle_ms=self._idle_ns // 1_000_000,
            watermark=watermark,
            final=self.state.is_terminal,
            user=self._user_metrics.values(),
            latency=() if self._latency is None else self._latency.histograms(),
        )

    # -- inside ------------------------------------------------------------------------------------------------------

    def _begin(self, chain: OperatorChain) -> None:
        for operator in chain.asynchronous:
            operator.wake = self.wake
        if self._latency is not None:
            chain.on_marker = self._latency.passed
        head = chain.operators[0]
        self._source = head if isinstance(head, SourceOperator) else None
        self._end.collectors = [o.collector for o in chain.operators if isinstance(o, CollectOperator)]
        feeds_slot = not all(writer.is_remote for writer in self._writers)
        self._input = TaskInput(
            self._gate, chain, self._source, self._barriers, self._stops, self._input_ended, feeds_slot
        )
        if self._source is not None:
            self._source.wake = self._source_woke
        if self._barriers is not None:
            self._barriers.is_source = self._source is not None

    def _source_woke(self) -> None:
        assert self._input is not None
        self._input.source_woke()
        self.wake()

    def _go_on(self, chain: OperatorChain, times: RestoredTimes | None) -> None:
        """From a checkpoint: event time is where it was, and consumers are told who is idle now."""
        for operator in chain.operators:
            if isinstance(operator, TimestampsAndWatermarksOperator):
                chain.forward_status(operator.index, not operator.is_idle)
        if times is not None:
            self._gate.watermarks.restore(times.watermarks, times.idle, times.combined)
            if times.combined > MIN_TIMESTAMP:
                chain.process_watermark(times.combined)

    def _step(self) -> tuple[bool, bool]:
        chain, end = self._chain, self._end
        assert chain is not None and self._input is not None
        if self._barriers is not None:
            if self._barriers.has_notices:
                self._barriers.run(chain)
            self._barriers.checkpoints.go_on()
        if end.suspended is not None:
            return False, False
        if end.ended:
            return self._after_end(), False
        # whatever holds the task up; but not between the end of its input and its own, which is half done then
        overtaken = not end.input_ended and self._input.overtaken()
        fired = chain.drain() if chain.asynchronous else False
        fired = self._fire_timers(chain) or fired
        fired = fired or overtaken
        if end.input_ended:
            return self._finish() or fired, False
        if self._is_blocked():
            return fired, True
        if self._latency is not None and self._source is not None:
            marker = self._latency.due()
            if marker is not None:
                chain.emit_marker(marker)
        return self._input.take() or fired, False

    def _stops(self) -> bool:
        return self._end.input_ended or self._end.suspended is not None or self._is_blocked()

    def _is_blocked(self) -> bool:
        if any(w.blocked for w in self._writers) or any(c.blocked for c in self._end.collectors):
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

    def _drain(self) -> None:
        assert self._input is not None
        self._input.end()

    def _input_ended(self) -> None:
        self._end.input_ended = True
        self._finish()

    def _finish(self) -> bool:
        chain = self._chain
        assert chain is not None
        if not self._end.finish(chain):
            return False
        if self._barriers is not None:
            self._barriers.ended(chain)
        if self._end.waits:
            self.on_exhausted()
        return True

    def _after_end(self) -> bool:
        assert self._input is not None
        progress = self._input.take_controls() if self._end.waits else False
        if not self._end.may_finish:
            return progress
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
        if self._checkpoints is not None and not self._end.may_finish:
            self._checkpoints.close()
        # before the functions are closed, which gauges may read
        self._user_metrics.freeze()
        if self._chain is not None:
            self._chain.close()
