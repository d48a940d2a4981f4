"""What slots publish of a tapped edge, and what viewers read of it. Times in ms since the epoch."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class TapLease:
    """Somebody looks at a point. `subtask`: at this one alone, None: at all. `left`: ms until the lease ends."""

    vertex: str
    point: str
    subtask: int | None = None
    left: int = 0

    @property
    def member(self) -> str:
        """Its name in the set of leases."""
        return f"{self.vertex}|{self.point}|{'*' if self.subtask is None else self.subtask}"

    @staticmethod
    def parse(member: str, left: int) -> "TapLease":
        vertex, point, subtask = member.split("|")
        return TapLease(vertex, point, None if subtask == "*" else int(subtask), left)


class TappedRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record as text. `time`: when it passed, by the slot's clock."""

    text: str
    type: str
    time: int
    key: str | None = None
    timestamp: int | None = None
    watermark: int | None = None
    producer: int | None = None  #: subtask that it came from, where it came over an edge between vertices


class TappedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one subtask's attempt, in the order in which they passed."""

    subtask: int
    attempt: int
    records: tuple[TappedRecord, ...]


class TapSubtask(msgspec.Struct, frozen=True, kw_only=True):
    """A subtask that samples. `sampled`: records so far; `watermark`: None where there is none."""

    subtask: int
    attempt: int
    sampled: int = 0
    watermark: int | None = None


@dataclass(frozen=True, slots=True)
class TapReport:
    """What a slot sends of one point in one subtask."""

    vertex: str
    point: str
    state: TapSubtask
    records: tuple[TappedRecord, ...] = ()

    @property
    def batch(self) -> TappedBatch:
        return TappedBatch(subtask=self.state.subtask, attempt=self.state.attempt, records=self.records)


@dataclass(frozen=True, slots=True)
class TapView:
    """What a viewer gets: (entry id, batch) behind its cursor, and who samples now."""

    batches: tuple[tuple[str, TappedBatch], ...]
    subtasks: tuple[TapSubtask, ...]
