"""The specs of `DataStream.cache()`: the operator that stores a stream, and the source that reads it in later jobs."""

from dataclasses import dataclass

from penstock.operators.specs import OperatorSpec, SourceSpec


@dataclass(frozen=True, slots=True)
class CacheSpec(OperatorSpec):
    """Records go on, and into the files of the cached result `result_id` of this job."""

    result_id: str


@dataclass(frozen=True, slots=True)
class CachedSourceSpec(SourceSpec):
    """`source`: a `CachedSource`. Records have the timestamps they were stored with."""
