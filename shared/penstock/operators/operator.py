"""The running operator: what every kind of operator shares."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from penstock.exchange.elements import MAX_TIMESTAMP
from penstock.operators.chain_code import ChainCode, Rec
from penstock.state.snapshot import OperatorSnapshot, RestoredOperator

if TYPE_CHECKING:
    from penstock.operators.output_type import OutputType


class Emitter(Protocol):
    """How an operator emits outside the loop: from timers, at the end of input. Provided by the chain."""

    def emit(self, operator: int, values: Sequence[Any], timestamps: Sequence[int | None] | None = None) -> None:
        """Hand these to the consumers of the operator; `(OutputTag, value)` goes to the side output where it may."""

    def consume(self, code: ChainCode, operator: int, tag: str | None, rec: Rec, tail: bool) -> None:
        """Write the code of every consumer of the operator's output `tag`."""

    def side_outputs(self, operator: int) -> list[str]:
        """Tags of the operator's side outputs that somebody consumes."""

    def forward_watermark(self, operator: int, timestamp: int) -> None:
        """Tell all consumers of the operator."""

    def forward_status(self, operator: int, active: bool) -> None:
        """Tell all consumers of the operator."""


class Operator:
    """One operator of a chain in one subtask. Subclasses write their part of the fused loop in `code`."""

    #: `(OutputTag, value)` among its results goes to a side output, even where nobody consumes it
    takes_tags = False
    #: whether `next_timer` may ever give a time
    has_timers = False
    #: 2: the head of a chain whose second input `code_second` takes
    inputs = 1

    def __init__(self, index: int, name: str) -> None:
        self.index = index
        self.name = name
        self.chain: Emitter

    def label(self, stem: str) -> str:
        """A name of this operator's own for the generated source."""
        return f"{stem}_{self.index}"

    def takes(self, type_of_input: "OutputType") -> None:
        """Its input comes right from an operator with this output type. Only the ends of a stream convert it.

        Between two functions in one chain records go as they are, as in PyFlink.
        """

    def open(self, context: Any) -> None:
        """Before the first record, tail of the chain first, as in Flink."""

    def close(self) -> None:
        """Always, also after a failure."""

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        """Write what happens with one record. `tail`: nothing else happens with it afterwards."""
        raise NotImplementedError

    def code_second(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        """The same for a record of the second input."""
        raise NotImplementedError(f"{self.name} has no second input")

    def on_watermark(self, timestamp: int) -> int | None:
        """Event time has come to `timestamp`; the watermark to forward, None for none."""
        return timestamp

    def on_status(self, active: bool) -> bool | None:
        """The input became active or idle; the status to forward, None for none."""
        return active

    def next_timer(self) -> int | None:
        """Epoch ms of the next processing-time work; None: there is none."""
        return None

    def on_processing_time(self, now: int) -> None:
        """Do what is due at `now` (epoch ms)."""

    def on_idle(self) -> None:
        """There is no input just now: flush what others wait for."""

    def finish(self) -> None:
        """The input has ended, and event time with it: emit what is left."""

    # -- checkpoints -------------------------------------------------------------------------------------------------

    def restore(self, restored: RestoredOperator) -> None:
        """Before `open`, where the job goes on from a checkpoint: take what is this subtask's."""

    def prepare_snapshot(self, checkpoint: int) -> None:
        """At the barrier, the head of the chain first: emit what has to go ahead of it."""

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        """The state as of the barrier; the task stands still meanwhile. Nothing that changes later shows in it."""
        return OperatorSnapshot()

    def notify_complete(self, checkpoint: int) -> None:
        """The checkpoint, and with it all before it, will never be rolled back. Some are never told of."""

    def notify_aborted(self, checkpoint: int) -> None:
        """The checkpoint will not complete; a later one holds what it held."""


def is_end_of_time(timestamp: int) -> bool:
    """Whether a watermark is the last one."""
    return timestamp >= MAX_TIMESTAMP
