"""What flows between tasks: batches of records and control elements. The one currency of operators and exchange."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from penstock.checkpoint.options import CheckpointOptions

MIN_TIMESTAMP = -(1 << 63)  #: Flink's Long.MIN_VALUE: "no watermark yet"
MAX_TIMESTAMP = (1 << 63) - 1  #: Flink's Watermark.MAX_WATERMARK: end of event time
#: of a barrier that says nothing about its checkpoint
DEFAULT_OPTIONS = CheckpointOptions(directory="")


@dataclass(slots=True)
class RecordBatch:
    """Records of one channel in order. `timestamps` and `keys`, where there are any, run parallel to `values`.

    timestamps: milliseconds since the epoch, or None for a stream without; keys: of a keyed stream, else None.
    """

    values: list[Any]
    timestamps: list[int | None] | None = None
    keys: list[Any] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def tail(self, skip: int) -> "RecordBatch":
        """The batch without its first `skip` records (a replayed part that was taken already)."""
        if not skip:
            return self
        return RecordBatch(
            self.values[skip:],
            self.timestamps[skip:] if self.timestamps is not None else None,
            self.keys[skip:] if self.keys is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Watermark:
    """No record with a timestamp at or below `timestamp` (ms) is still to come, but late ones."""

    timestamp: int


@dataclass(frozen=True, slots=True)
class WatermarkStatus:
    """Whether the channel counts for the minimum of the watermarks."""

    active: bool


@dataclass(frozen=True, slots=True)
class CheckpointBarrier:
    """Separates the records before checkpoint `checkpoint_id` from those behind it."""

    checkpoint_id: int
    options: CheckpointOptions = DEFAULT_OPTIONS


@dataclass(frozen=True, slots=True)
class CancelCheckpoint:
    """Releases any alignment up to `checkpoint_id`; written by the JobMaster of `epoch`."""

    checkpoint_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class EndOfInput:
    """The channel ends, after exactly as many records as its sequence says."""


@dataclass(frozen=True, slots=True)
class LatencyMarker:
    """Emitted by subtask `subtask` of the source operator `source` (its id) at `marked_at` (ms since the epoch).

    Measured where it passes, and nothing else: no state, sequence or ordinal depends on it, and it may be dropped.
    """

    marked_at: int
    source: str
    subtask: int


Control: TypeAlias = Watermark | WatermarkStatus | CheckpointBarrier | CancelCheckpoint | EndOfInput | LatencyMarker
Element: TypeAlias = RecordBatch | Control
