"""The clock of processing time."""

import time


def processing_time() -> int:
    """Now, in ms since the epoch."""
    return time.time_ns() // 1_000_000
