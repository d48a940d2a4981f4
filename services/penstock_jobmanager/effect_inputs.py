"""What an effect needs of the record besides its row: derived when it is handed over, by a successor the same."""

from dataclasses import dataclass
from typing import TypeAlias

from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.coordination.rows import CheckpointRow
from penstock.graph.job_graph import JobGraph
from penstock.graph.rescaling import rescaled
from penstock_jobmanager.checkpoint_metadata import build
from penstock_jobmanager.effects import (
    DiscardCheckpoint,
    Effect,
    MirrorPointer,
    StoreGraph,
    SweepCheckpoints,
    WriteMetadata,
)
from penstock_jobmanager.record import JobRecord


@dataclass(frozen=True, slots=True)
class NewMetadata:
    """Of `WriteMetadata`."""

    directory: str
    metadata: CheckpointMetadata


@dataclass(frozen=True, slots=True)
class Pointer:
    """Of `MirrorPointer`: the checkpoint, and counters that may never be given out again."""

    checkpoint: int
    path: str
    checksum: str
    next_checkpoint: int
    generation: int
    attempt: int


@dataclass(frozen=True, slots=True)
class InUse:
    """Of `DiscardCheckpoint` and `SweepCheckpoints`: what must stay.

    `retained`: (metadata file, its checksum); `pending`: checkpoints that are not decided. Those from `next_checkpoint`
    on began after this was written down.
    """

    retained: tuple[tuple[str, str], ...]
    pending: tuple[int, ...]
    next_checkpoint: int


Given: TypeAlias = NewMetadata | Pointer | InUse | JobGraph | None


def given(effect: Effect, record: JobRecord, graph: JobGraph) -> Given:
    """None for an effect that says all. KeyError: the row it is about is gone, and so its use."""
    match effect:
        case WriteMetadata(checkpoint=checkpoint):
            row = record.checkpoints[checkpoint]
            return NewMetadata(row.options.directory, build(record, graph, checkpoint))
        case MirrorPointer(checkpoint=checkpoint):
            row = record.checkpoints[checkpoint]
            return Pointer(
                checkpoint,
                row.path or "",
                row.checksum,
                record.counters.next_id,
                record.job.generation,
                max((e.attempt for e in record.executions.values()), default=0),
            )
        case DiscardCheckpoint(checkpoint=checkpoint):
            kept = [r for n, r in record.checkpoints.items() if n != checkpoint and _is_there(r)]
            return _in_use(record, kept)
        case SweepCheckpoints(keep=keep):
            return _in_use(record, [r for n, r in record.checkpoints.items() if n in keep])
        case StoreGraph(parallelism=parallelism):
            return rescaled(graph, parallelism)
        case _:
            return None


def _is_there(row: CheckpointRow) -> bool:
    return row.status == "COMPLETED" and row.owned and not row.discarded and not row.unusable


def _in_use(record: JobRecord, kept: list[CheckpointRow]) -> InUse:
    pending = tuple(n for n, row in sorted(record.checkpoints.items()) if row.status in ("PENDING", "WRITING"))
    return InUse(tuple((row.path or "", row.checksum) for row in kept), pending, record.counters.next_id)
