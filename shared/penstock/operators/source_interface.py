"""What a source is made of: splits, found once or again and again, and readers of them.

In the shape of Flink's FLIP-27, reduced to what the runtime calls. `docs/connectors.md` has a worked example.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from penstock.exchange.elements import RecordBatch


@dataclass(frozen=True, slots=True)
class ReaderContext:
    """Which subtask a reader reads for. `wake`: to be called, from any thread, when `poll` has something again."""

    subtask: int
    parallelism: int
    job_id: str = ""
    wake: Callable[[], None] = lambda: None
    attempt: int = 0
    is_restored: bool = False  #: the splits come from a checkpoint


class SourceReader(Protocol):
    """Reads the splits of one subtask. Lives in one thread; not shared.

    `notify_complete(checkpoint)`, where a reader has it, is called once a checkpoint with its snapshot exists for good.
    For metrics, read from another thread, each None where it is not known: `pending_records` (records that are still to
    be fetched from outside), `fetch_event_time_lag` (ms from the last record's time until it was fetched).
    """

    def add_splits(self, splits: Sequence[Any]) -> None:
        """Take these picklable splits as well, also where `poll` has given None."""

    def poll(self, max_records: int) -> list[Any] | RecordBatch | None:
        """At most about `max_records` records, as a RecordBatch where they come with timestamps; empty where there is
        nothing just now; None at the end of all splits. Must not block: the slot's other tasks wait meanwhile.
        """

    def snapshot(self) -> list[Any]:
        """The splits still to read, each with the position behind the last record that `poll` has given: what
        `add_splits` of any subtask's reader takes after a restore. Not changed afterwards.
        """
        raise NotImplementedError(f"{type(self).__name__} has no snapshot")

    def close(self) -> None:
        """Always called, also after a failure; nothing is called after it."""
        return


@runtime_checkable
class SplitwiseReader(Protocol):
    """A reader that reads its splits in turns, and whose `poll` gives records of one split at a time.

    Then each split has a watermark of its own, as partitions have in Flink: the subtask's is the least of them, and
    with `with_idleness` a split without records is left out of it. Of other readers all records are one sequence.
    """

    def add_splits(self, splits: Sequence[Any]) -> None: ...

    def poll(self, max_records: int) -> list[Any] | RecordBatch | None: ...

    def snapshot(self) -> list[Any]: ...

    def close(self) -> None: ...

    @property
    def open_splits(self) -> Collection[str]:
        """Ids of the splits that have not ended."""

    @property
    def current_split(self) -> str | None:
        """Id of the split that the last `poll` gave records of."""


@runtime_checkable
class Source(Protocol):
    """Travels pickled: it holds settings, no connections."""

    bounded: bool

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        """All splits, picklable, in a stable order. Run once a job in a slot, never in a service, and not where the
        job goes on from a checkpoint; split i goes to subtask i % parallelism.
        """
        raise NotImplementedError(f"{type(self).__name__} has no enumerate_splits")

    def create_reader(self, context: ReaderContext) -> SourceReader:
        raise NotImplementedError(f"{type(self).__name__} has no create_reader")


@runtime_checkable
class DiscoveringSource(Source, Protocol):
    """A source whose splits come up while the job runs. It never ends.

    Every subtask looks for itself, and takes the splits whose id falls on it by a stable hash, those of
    `enumerate_splits` among them: no coordinator, and no message, is needed to agree.
    """

    discovery_interval: float | None  #: seconds from one `discover` to the next; None: a source as others

    def discover(self) -> Sequence[Any]:
        """All splits there are now, those known already among them. Runs in a thread of its own and may block. What it
        raises fails the task: what may pass is its own to wait for.
        """
        raise NotImplementedError(f"{type(self).__name__} has no discover")

    def split_id(self, split: Any) -> str:
        """Of a split as `enumerate_splits` and `discover` give it: always the same, and no other split's."""
        raise NotImplementedError(f"{type(self).__name__} has no split_id")
