"""How a task ends: once nothing can be lost any more of what it has done (docs/exchange.md, rule 11).

Without checkpoints: as soon as its output has left. With them: once one has been notified whose snapshot was taken
after the end, or, where the job is stopped, the one that stopped it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.exchange.elements import MAX_TIMESTAMP, EndOfInput, Watermark
from penstock.exchange.output_writer import OutputWriter
from penstock.operators.chain import OperatorChain
from penstock.operators.sinks import Collector


@dataclass(slots=True)
class TaskEnd:
    """`waits`: for a checkpoint. `writers` and `collectors`: all output of the task."""

    writers: Sequence[OutputWriter]
    waits: bool = False
    collectors: Sequence[Collector] = ()
    input_ended: bool = False  #: no more input is taken
    ended: bool = False  #: the operators have emitted all they had, and consumers were told
    suspended: int | None = None  #: the checkpoint that stopped the task: it does nothing more until that is decided
    is_released: bool = False  #: the checkpoint that it waited for is there

    def finish(self, chain: OperatorChain) -> bool:
        """After the last input: have the operators finish. False where they wait for asynchronous results."""
        if not chain.finish():
            return False
        self._tell()
        return True

    def end_restored(self) -> None:
        """The task had ended before it was restored: its consumers have its records, and are only told of the end."""
        for writer in self.writers:
            writer.broadcast(Watermark(MAX_TIMESTAMP))
        for collector in self.collectors:
            collector.end()
        self._tell()
        self.is_released = True

    def completed(self, checkpoint: int, was_ended: bool) -> None:
        """A checkpoint that the task has a part in exists for good."""
        if self.suspended == checkpoint:
            for collector in self.collectors:
                collector.end()
            self.input_ended = self.ended = self.is_released = True
            self.suspended = None
        elif was_ended:
            self.is_released = True

    def aborted(self, checkpoint: int) -> None:
        """A checkpoint will not be: go on where it had stopped the task."""
        if self.suspended == checkpoint:
            self.suspended = None

    @property
    def may_finish(self) -> bool:
        """Whether the task is FINISHED: a promise that nothing of its output can be lost with this process."""
        if not self.ended or (self.waits and not self.is_released):
            return False
        return all(w.is_drained for w in self.writers) and all(c.is_drained for c in self.collectors)

    def _tell(self) -> None:
        for writer in self.writers:
            writer.broadcast(EndOfInput())
        self.input_ended = self.ended = True
