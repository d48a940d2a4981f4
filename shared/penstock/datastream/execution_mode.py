"""RuntimeExecutionMode. Source: `pyflink.datastream.execution_mode`."""

from enum import Enum

__all__ = ["RuntimeExecutionMode"]


class RuntimeExecutionMode(Enum):
    """BATCH: bounded input only; keyed aggregations emit their last value. AUTOMATIC: BATCH where all is bounded."""

    STREAMING = 0
    BATCH = 1
    AUTOMATIC = 2
