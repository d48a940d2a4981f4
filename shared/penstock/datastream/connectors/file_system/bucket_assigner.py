"""BucketAssigner: the folder, below the base path, that a record goes to."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penstock.common.jvm import no_jvm
from penstock.datastream.connectors.file_system.date_pattern import date_pattern


@dataclass(frozen=True, slots=True)
class BucketAssignerContext:
    """What is known besides the record. Times in epoch ms."""

    processing_time_ms: int

    def current_processing_time(self) -> int:
        return self.processing_time_ms


class BucketAssigner:
    """Subclasses assign by the record: `get_bucket_id`."""

    #: whether the bucket depends on the record; else one call of `bucket` serves a batch
    by_element = True

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

    def get_bucket_id(self, element: Any, context: BucketAssignerContext) -> str:
        """The record's folder, relative to the base path; "" for the base path itself."""
        raise NotImplementedError(f"{type(self).__name__} has to define get_bucket_id")

    def bucket(self, time_s: float) -> str:
        """Where `by_element` is false: the folder at that time (seconds since the epoch)."""
        raise NotImplementedError(f"{type(self).__name__} has to define bucket")

    def get_java_object(self) -> NoReturn:
        """JvmNotAvailableError."""
        no_jvm("get_java_object()")


class _ByTime(BucketAssigner):
    by_element = False

    def get_bucket_id(self, element: Any, context: BucketAssignerContext) -> str:
        return self.bucket(context.processing_time_ms / 1000)


@dataclass(frozen=True, slots=True)
class BasePathBucketAssigner(_ByTime):
    def bucket(self, time_s: float) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class DateTimeBucketAssigner(_ByTime):
    format_str: str
    timezone_id: str | None

    def bucket(self, time_s: float) -> str:
        zone = None if self.timezone_id is None else ZoneInfo(self.timezone_id)
        return date_pattern(self.format_str)(datetime.fromtimestamp(time_s, zone))


def check_bucket(bucket: Any) -> str:
    """The id as it came. ValueError, TypeError for what is no folder below the base path."""
    if not isinstance(bucket, str):
        raise TypeError(f"a bucket id is a str, not {type(bucket).__name__} {bucket!r}")
    path = PurePosixPath(bucket)
    if path.is_absolute() or ".." in path.parts or "\0" in bucket:
        raise ValueError(f"bucket id {bucket!r} is no folder below the base path of the sink")
    return bucket
