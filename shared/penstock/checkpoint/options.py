"""What a checkpoint is asked to be; travels with its barrier, so that every task sees the same."""

from typing import Literal

import msgspec

#: what the sources do behind the barrier. suspend: nothing more; drain: end their input before it
StopMode = Literal["none", "suspend", "drain"]


class CheckpointOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Source: Flink's `CheckpointOptions`. `directory`: the folder of the exclusive files, `chk-n` or a savepoint's."""

    directory: str
    savepoint: bool = False  #: portable format, nothing shared with other checkpoints
    full: bool = False  #: no incremental state, even where the backend could
    exactly_once: bool = True
    unaligned: bool = False
    aligned_timeout_ms: int = 0  #: of an unaligned one: how long it may stay aligned
    stop: StopMode = "none"
    timestamp: int = 0  #: ms, of the trigger
