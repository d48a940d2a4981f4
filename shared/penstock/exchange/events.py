"""What an input gate hands to its task, one at a time, in the order of the input log."""

from dataclasses import dataclass, field
from typing import TypeAlias

from penstock.checkpoint.options import CheckpointOptions
from penstock.exchange.elements import DEFAULT_OPTIONS, LatencyMarker, RecordBatch


@dataclass(frozen=True, slots=True)
class Alignment:
    """For the statistics: seconds since the first barrier, bytes taken from the log since then."""

    seconds: float = 0.0
    bytes: int = 0


NO_ALIGNMENT = Alignment()


@dataclass(slots=True)
class BatchEvent:
    """Records for input `input` (0, or 1 for the second input of a two-input operator)."""

    input: int
    batch: RecordBatch
    channel: int = field(default=-1, compare=False)  #: that it came by


@dataclass(frozen=True, slots=True)
class WatermarkEvent:
    """The minimum of the active channels' watermarks has risen to `timestamp` (ms)."""

    timestamp: int


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """All channels have become idle, or one is active again."""

    active: bool


@dataclass(frozen=True, slots=True)
class BarrierEvent:
    """Checkpoint `checkpoint_id` is aligned: everything before its barriers was handed over, nothing behind them.

    Where it is to be only at least once, what came behind a barrier may have been handed over too, even the end:
    `overtaken` says that.
    """

    checkpoint_id: int
    options: CheckpointOptions = DEFAULT_OPTIONS
    alignment: Alignment = field(default=NO_ALIGNMENT, compare=False)
    overtaken: bool = False


@dataclass(frozen=True, slots=True)
class CancelEvent:
    """Checkpoint `checkpoint_id` and all before it are off, says the JobMaster of `epoch`. To be forwarded."""

    checkpoint_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class InputEnded:
    """All channels of this input have ended, with every record taken."""

    input: int


@dataclass(frozen=True, slots=True)
class AllEnded:
    """All inputs have ended. Barriers may still come."""


@dataclass(frozen=True, slots=True)
class LatencyEvent:
    """A marker has come this far."""

    marker: LatencyMarker


GateEvent: TypeAlias = (
    BatchEvent | WatermarkEvent | StatusEvent | BarrierEvent | CancelEvent | InputEnded | AllEnded | LatencyEvent
)
