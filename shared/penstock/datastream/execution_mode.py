"""RuntimeExecutionMode. Source: `pyflink.datastream.execution_mode`."""

from enum import Enum

__all__ = ["RuntimeExecutionMode"]


class RuntimeExecutionMode(Enum):
    """BATCH: bounded input only, and keyed aggregations emit only their last value. AUTOMATIC: BATCH where all is bounded."""

    STREAMING = 0
    BATCH = 1
    AUTOMATIC = 2
