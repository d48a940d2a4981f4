"""HybridSource: one source after the other. Source: `pyflink.datastream.connectors.hybrid_source`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.common.typeinfo import TypeInformation, Types
from penstock.exchange.elements import RecordBatch
from penstock.operators.source_interface import DiscoveringSource, ReaderContext, Source, SourceReader

__all__ = ["HybridSource", "HybridSourceBuilder"]


@dataclass(frozen=True, slots=True)
class HybridSplit:
    """A split of the source at this place. `number`: its place in that source's enumeration, None for a later one."""

    index: int
    split: Any
    number: int | None = None


class HybridSource:
    """Reads its sources in sequence; all but the last are bounded.

    All splits are enumerated when the job starts. Each subtask goes on to the next source when it is done with its own
    part of the one before: what subtasks read has an order within each of them, and by watermarks over all.
    """

    deterministic = True

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self.bounded = self._sources[-1].bounded
        #: only the last source may find splits while the job runs
        self.discovery_interval: float | None = getattr(self._sources[-1], "discovery_interval", None)

    def depends_on(self) -> tuple[Any, ...]:
        return self._sources

    @staticmethod
    def builder(first_source: Source) -> "HybridSourceBuilder":
        return HybridSourceBuilder(first_source)

    def get_produced_type(self) -> TypeInformation:
        produced: Callable[[], TypeInformation] | None = getattr(self._sources[0], "get_produced_type", None)
        return Types.PICKLED_BYTE_ARRAY() if produced is None else produced()

    def enumerate_splits(self, parallelism: int) -> list[HybridSplit]:
        return [
            HybridSplit(index, split, number)
            for index, source in enumerate(self._sources)
            for number, split in enumerate(source.enumerate_splits(parallelism))
        ]

    def create_reader(self, context: ReaderContext) -> "HybridReader":
        return HybridReader(self._sources, context)

    def discover(self) -> list[HybridSplit]:
        last = self._sources[-1]
        assert isinstance(last, DiscoveringSource)
        return [HybridSplit(len(self._sources) - 1, split) for split in last.discover()]

    def split_id(self, split: HybridSplit) -> str:
        source = self._sources[split.index]
        if split.index == len(self._sources) - 1 and isinstance(source, DiscoveringSource):
            return f"{split.index}:{source.split_id(split.split)}"
        return f"{split.index}#{split.number}"


class HybridSourceBuilder:
    """Made by `HybridSource.builder`."""

    def __init__(self, first_source: Source) -> None:
        self._sources = [_checked(first_source)]

    def add_source(self, source: Source) -> "HybridSourceBuilder":
        """Read behind those before. ValueError where the one before never ends."""
        if not self._sources[-1].bounded:
            raise ValueError(f"All sources except the final source need to be bounded: {self._sources[-1]!r}")
        self._sources.append(_checked(source))
        return self

    def build(self) -> HybridSource:
        return HybridSource(self._sources)


class HybridReader:
    """One reader at a time. Splits of later sources wait."""

    def __init__(self, sources: Sequence[Source], context: ReaderContext) -> None:
        self._sources, self._context = sources, context
        self._waiting: dict[int, list[Any]] = {}
        self._index = 0
        self._reader: SourceReader | None = None

    def add_splits(self, splits: Sequence[HybridSplit]) -> None:
        for split in splits:
            if self._reader is not None and split.index == self._index:
                self._reader.add_splits([split.split])
            else:
                self._waiting.setdefault(split.index, []).append(split.split)

    def poll(self, max_records: int) -> list[Any] | RecordBatch | None:
        while True:
            if self._reader is None:
                if not self._waiting:
                    return None
                self._index = min(self._waiting)
                self._reader = self._sources[self._index].create_reader(self._context)
                self._reader.add_splits(self._waiting.pop(self._index))
            records = self._reader.poll(max_records)
            if records is not None:
                return records
            if not self._waiting:
                # kept: splits of the last source may still come
                return None
            self._reader.close()
            self._reader = None

    @property
    def pending_records(self) -> int | None:
        """Of the last source alone: what is behind the ones before is not known until they have ended."""
        return None if self._waiting else getattr(self._reader, "pending_records", None)

    @property
    def fetch_event_time_lag(self) -> int | None:
        return getattr(self._reader, "fetch_event_time_lag", None)

    def snapshot(self) -> list[HybridSplit]:
        current = [] if self._reader is None else [HybridSplit(self._index, s) for s in self._reader.snapshot()]
        return current + [HybridSplit(i, s) for i, splits in sorted(self._waiting.items()) for s in splits]

    def notify_complete(self, checkpoint: int) -> None:
        tell: Callable[[int], None] | None = getattr(self._reader, "notify_complete", None)
        if tell is not None:
            tell(checkpoint)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _checked(source: Source) -> Source:
    if not isinstance(source, Source):
        raise TypeError(f"a source is needed, such as FileSource.for_record_stream_format(…).build(), not {source!r}")
    return source
