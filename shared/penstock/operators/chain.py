"""A chain of operators fused into one loop: generated Python for each way in, compiled when first used.

Ways in: a batch from the gate or the source (`process`), and what an operator emits outside the loop (`emit`). Each
exists with and without timestamps, so that a job without event time pays nothing for it. A value that reaches several
consumers is passed by reference: a function that changes its argument shows the change to the others.
"""

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from penstock.exchange.elements import MIN_TIMESTAMP, LatencyMarker, RecordBatch, Watermark, WatermarkStatus
from penstock.operators.asynchronous import AsynchronousOperator
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.edges import Edge
from penstock.operators.generated import compile_function, forget
from penstock.operators.operator import Operator
from penstock.operators.output_tap import OutputTap, write_tap
from penstock.operators.results import write_output
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator

Consumer = Operator | Edge
#: (operator, side output id or None for the main output) -> who gets it, in order
Outputs = Mapping[tuple[int, str | None], Sequence[Consumer]]

#: generated loops: by (timestamps, keys, side), and by (emitting operator, timestamps)
_Entries: TypeAlias = dict[tuple[bool, bool, int], Callable[..., None]]
_Emits: TypeAlias = dict[tuple[int, bool], Callable[..., None]]

_serial = itertools.count(1)
#: which way latency markers go; its own, so that functions see the numbers that they would see without
_random = random.Random()


#: how the file names of loops with taps end
_TAPPED = " tapped"


class OperatorChain:
    """The operators of one subtask. Single-threaded."""

    def __init__(self, name: str, operators: Sequence[Operator], outputs: Outputs) -> None:
        self.name = name
        self.operators = list(operators)
        self._outputs = outputs
        self.edges = [c for consumers in outputs.values() for c in consumers if isinstance(c, Edge)]
        self._files: list[str] = []
        self._entries: _Entries = {}
        self._emits: _Emits = {}
        self._plain = self._entries, self._emits
        self._tapped: tuple[_Entries, _Emits] = {}, {}
        self._taps: Mapping[tuple[int, str | None], OutputTap] = {}
        self._serial = next(_serial)
        self._timed = [o for o in operators if o.has_timers]
        self._opened: list[Operator | Edge] = []
        self._finished = 0
        self.asynchronous = [o for o in operators if isinstance(o, AsynchronousOperator)]
        self.on_close: list[Callable[[], None]] = []  #: called after all were closed
        self.watermark = MIN_TIMESTAMP
        self.on_marker: Callable[[int, LatencyMarker], None] | None = None  #: told of each that an operator passes on
        for operator in operators:
            operator.chain = self

    # -- life cycle --------------------------------------------------------------------------------------------------

    def open(self, context_of: Callable[[Operator | None], Any]) -> None:
        """Open all, the last first, as Flink does. `context_of` gives an operator's RuntimeContext, None: an edge's."""
        for edge in self.edges:
            self._opened.append(edge)
            edge.open(context_of(None))
        for operator in reversed(self.operators):
            self._opened.append(operator)
            operator.open(context_of(operator))

    def close(self) -> None:
        """Close all that was opened, the head first; the first error is raised after the last close."""
        first: BaseException | None = None
        while self._opened:
            try:
                self._opened.pop().close()
            except Exception as e:
                first = first or e
        while self.on_close:
            try:
                self.on_close.pop()()
            except Exception as e:
                first = first or e
        for file_name in self._files:
            forget(file_name)
        if first is not None:
            raise first

    # -- elements ----------------------------------------------------------------------------------------------------

    def process(self, batch: RecordBatch, side: int = 0) -> None:
        """A batch for the head, by its first or second input."""
        timed, keyed = batch.timestamps is not None, batch.keys is not None
        entry = self._entries.get((timed, keyed, side)) or self._make_entry(timed, keyed, side)
        columns = [c for c in (batch.values, batch.timestamps, batch.keys) if c is not None]
        entry(*columns)

    def process_values(self, values: list[Any] | RecordBatch) -> None:
        """What a source has read, with timestamps where it is a batch."""
        if isinstance(values, RecordBatch):
            self.process(values)
            return
        entry = self._entries.get((False, False, 0)) or self._make_entry(False, False)
        entry(values)

    def emit(self, operator: int, values: Sequence[Any], timestamps: Sequence[int | None] | None = None) -> None:
        """Values for the consumers of an operator, from outside the loop."""
        timed = timestamps is not None
        entry = self._emits.get((operator, timed)) or self._make_emit(operator, timed)
        if timed:
            entry(values, timestamps)
        else:
            entry(values)

    def process_watermark(self, timestamp: int) -> None:
        """Event time at the head; ignored where it does not rise."""
        if timestamp > self.watermark:
            self.watermark = timestamp
            self._watermark(self.operators[0], timestamp)

    def process_status(self, active: bool) -> None:
        """The head's input became active or idle."""
        self._status(self.operators[0], active)

    def process_marker(self, marker: LatencyMarker, operator: int = 0) -> None:
        """Past an operator, and on by one of the ways from there, as in Flink; functions do not see it."""
        while True:
            if self.on_marker is not None:
                self.on_marker(operator, marker)
            consumer = self._forward_marker(operator, marker)
            if consumer is None:
                return
            operator = consumer.index

    def emit_marker(self, marker: LatencyMarker) -> None:
        """From the source at the head, which does not measure it itself."""
        consumer = self._forward_marker(0, marker)
        if consumer is not None:
            self.process_marker(marker, consumer.index)

    def next_timer(self) -> int | None:
        """Epoch ms of the next processing-time work of any operator."""
        return min((t for o in self._timed if (t := o.next_timer()) is not None), default=None)

    def on_processing_time(self, now: int) -> None:
        """Do what is due at `now` (epoch ms)."""
        for operator in self._timed:
            operator.on_processing_time(now)

    def on_idle(self) -> None:
        for operator in self.operators:
            operator.on_idle()

    def drain(self) -> bool:
        """Let the results of asynchronous operators that have come go on. False: there were none."""
        progress = False
        for operator in self.asynchronous:
            progress = operator.drain() or progress
        return progress

    def finish(self) -> bool:
        """The end of input, the head first; event time has ended before (`process_watermark` of the last one).

        False where asynchronous results are still to come: call again when they have been drained.
        """
        while not any(o.is_pending for o in self.asynchronous):
            if self._finished == len(self.operators):
                return True
            self.operators[self._finished].finish()
            self._finished += 1
        return False

    # -- checkpoints -------------------------------------------------------------------------------------------------

    def restore(self, restored: Mapping[int, RestoredOperator]) -> None:
        """Before `open`: operator's place -> what it begins with. Operators that are not in it begin with nothing."""
        for index, of_operator in restored.items():
            self.operators[index].restore(of_operator)

    def prepare_snapshot(self, checkpoint: int) -> None:
        """Let all emit what has to go ahead of the barrier, the head first."""
        for operator in self.operators:
            operator.prepare_snapshot(checkpoint)

    def snapshot(self, checkpoint: int) -> dict[int, OperatorSnapshot]:
        """Operator's place -> its state. Where one fails, a note names it, and those of the others are released."""
        taken: dict[int, OperatorSnapshot] = {}
        try:
            for operator in self.operators:
                taken[operator.index] = operator.snapshot(checkpoint)
        except BaseException as e:
            for snapshot in taken.values():
                snapshot.release()
            e.add_note(f"in operator {operator.name!r}")
            raise
        return taken

    def notify_complete(self, checkpoint: int) -> None:
        for operator in self.operators:
            operator.notify_complete(checkpoint)

    def notify_aborted(self, checkpoint: int) -> None:
        for operator in self.operators:
            operator.notify_aborted(checkpoint)

    # -- wire taps ---------------------------------------------------------------------------------------------------

    def tap(self, taps: Mapping[tuple[int, str | None], OutputTap]) -> None:
        """From the next batch on, have taps look at these outputs; {}: none, by the loops that know of no tap.

        The same taps again cost nothing; before others, `forget_taps`.
        """
        self._taps = taps
        self._entries, self._emits = self._tapped if taps else self._plain

    def forget_taps(self) -> None:
        """No tap from the next batch on; the loops that had some are dropped. Between two batches only."""
        self.tap({})
        self._tapped = {}, {}
        for file_name in [f for f in self._files if f.endswith(_TAPPED)]:
            self._files.remove(file_name)
            forget(file_name)

    # -- what operators call -----------------------------------------------------------------------------------------

    def forward_watermark(self, operator: int, timestamp: int) -> None:
        for consumer in self._consumers(operator):
            if isinstance(consumer, Operator):
                self._watermark(consumer, timestamp)
            else:
                consumer.writer.broadcast(Watermark(timestamp))

    def forward_status(self, operator: int, active: bool) -> None:
        for consumer in self._consumers(operator):
            if isinstance(consumer, Operator):
                self._status(consumer, active)
            else:
                consumer.writer.broadcast(WatermarkStatus(active))

    def side_outputs(self, operator: int) -> list[str]:
        return [tag for index, tag in self._outputs if index == operator and tag is not None]

    def consume(self, code: ChainCode, operator: int, tag: str | None, rec: Rec, tail: bool) -> None:
        tap = self._taps.get((operator, tag))
        if tap is not None:
            write_tap(code, tap, operator, rec)
        consumers = self._outputs.get((operator, tag), ())
        for n, consumer in enumerate(consumers, 1):
            self._write(code, consumer, rec, tail and n == len(consumers))

    # -- inside ------------------------------------------------------------------------------------------------------

    def _write(self, code: ChainCode, consumer: Consumer, rec: Rec, tail: bool) -> None:
        with code.operator(consumer.name):
            if code.is_deep:
                code.step(rec, lambda inner: consumer.code(code, inner, True))
            else:
                consumer.code(code, rec, tail)

    def _consumers(self, operator: int) -> list[Consumer]:
        return [c for (index, _), consumers in self._outputs.items() if index == operator for c in consumers]

    def _forward_marker(self, operator: int, marker: LatencyMarker) -> Operator | None:
        """The operator of the chain that it comes to next; None: it has left the chain."""
        consumers = self._consumers(operator)
        if not consumers:
            return None
        consumer = _random.choice(consumers)
        if isinstance(consumer, Operator):
            return consumer
        consumer.writer.mark(_random.randrange(len(consumer.writer.targets)), marker)
        return None

    def _watermark(self, operator: Operator, timestamp: int) -> None:
        forwarded = operator.on_watermark(timestamp)
        if forwarded is not None:
            self.forward_watermark(operator.index, forwarded)

    def _status(self, operator: Operator, active: bool) -> None:
        forwarded = operator.on_status(active)
        if forwarded is not None:
            self.forward_status(operator.index, forwarded)

    def _make_entry(self, timed: bool, keyed: bool, side: int = 0) -> Callable[..., None]:
        code, head = ChainCode(), self.operators[0]
        rec = Rec(code.fresh("v"), code.fresh("t") if timed else None, code.fresh("k") if keyed else None)
        with _loop(code, rec), code.operator(head.name):
            (head.code_second if side else head.code)(code, rec, True)
        entry = self._entries[timed, keyed, side] = self._compile(code, rec, "process_second" if side else "process")
        return entry

    def _make_emit(self, operator: int, timed: bool) -> Callable[..., None]:
        code, emitting = ChainCode(), self.operators[operator]
        rec = Rec(code.fresh("v"), code.fresh("t") if timed else None)
        with _loop(code, rec), code.operator(emitting.name):
            takes_tags = emitting.takes_tags or bool(self.side_outputs(operator))
            write_output(code, emitting, rec, takes_tags)
        entry = self._emits[operator, timed] = self._compile(code, rec, f"emit_{operator}")
        return entry

    def _compile(self, code: ChainCode, rec: Rec, name: str) -> Callable[..., None]:
        parameters = ["values"]
        parameters += ["timestamps"] if rec.timestamp is not None else []
        parameters += ["keys"] if rec.key is not None else []
        source, operators = code.assemble(name, parameters)
        file_name = f"{self.name} #{self._serial}.{next(_serial)}{_TAPPED if self._taps else ''}"
        self._files.append(file_name)
        return compile_function(name, source, code.names, file_name, operators)


def _loop(code: ChainCode, rec: Rec) -> Any:
    names = [n for n in (rec.value, rec.timestamp, rec.key) if n is not None]
    columns = ["values"] + (["timestamps"] if rec.timestamp else []) + (["keys"] if rec.key else [])
    source = columns[0] if len(columns) == 1 else f"zip({', '.join(columns)})"
    return code.indented(f"for {', '.join(names)} in {source}:", is_loop=True)
