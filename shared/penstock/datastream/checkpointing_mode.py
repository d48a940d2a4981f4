"""CheckpointingMode. Source: `pyflink.datastream.checkpointing_mode`."""

from enum import Enum

__all__ = ["CheckpointingMode"]


class CheckpointingMode(Enum):
    """What a checkpoint guarantees after a failure."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
