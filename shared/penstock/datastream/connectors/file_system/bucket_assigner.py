"""BucketAssigner: the folder, below the base path, that a record goes to."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penstock.datastream.connectors.file_system.date_pattern import date_pattern


class BucketAssigner:
    """Assigns by processing time only, so that a batch of records has one bucket."""

    @staticmethod
    def base_path_bucket_assigner() -> "BucketAssigner":
        """All files in the base path itself."""
        return BasePathBucketAssigner()

    @staticmethod
    def date_time_bucket_assigner(
        format_str: str = "yyyy-MM-dd--HH", timezone_id: str | None = None
    ) -> "BucketAssigner":
        """A folder an hour, by default, in the time zone of the slot. ValueError for an unknown pattern or zone."""
        date_pattern(format_str)
        if timezone_id is not None:
            try:
                ZoneInfo(timezone_id)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(f"unknown time zone {timezone_id!r}") from None
        return DateTimeBucketAssigner(format_str, timezone_id)

    def bucket(self, time_s: float) -> str:
        """The folder at that time (seconds since the epoch), "" for the base path."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class BasePathBucketAssigner(BucketAssigner):
    def bucket(self, time_s: float) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class DateTimeBucketAssigner(BucketAssigner):
    format_str: str
    timezone_id: str | None

    def bucket(self, time_s: float) -> str:
        zone = None if self.timezone_id is None else ZoneInfo(self.timezone_id)
        return date_pattern(self.format_str)(datetime.fromtimestamp(time_s, zone))
