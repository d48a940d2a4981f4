"""Records without event time where windows need it."""

from typing import Any


def no_timestamp(assigner: Any) -> ValueError:
    """What to say of it."""
    return ValueError(
        f"{type(assigner).__name__} needs records with timestamps, and these have none: call "
        "assign_timestamps_and_watermarks(WatermarkStrategy….with_timestamp_assigner(…)) before the window"
    )
