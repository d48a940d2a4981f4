"""What a JobMaster wants done outside its commit: outbox rows.

Each is committed first, carried out by whoever leads the job, idempotent, and acknowledged by an event; a successor
carries out what it finds. So none holds an epoch: the relay stamps its own. What one needs of the record besides is
derived when it is handed over (`effect_inputs`), by the successor too.
"""

from typing import TypeAlias

import msgspec


class EffectBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all."""


class CreateLogs(EffectBase, frozen=True, kw_only=True, tag=True):
    """Make the input logs of a generation in the exchange Redises; answered by `LogsCreated`."""

    generation: int


class DeleteLogs(EffectBase, frozen=True, kw_only=True, tag=True):
    """Delete what `CreateLogs` made. Given up after a while: a log also expires.

    `parallelism`: vertex -> parallelism the generation had, where it differs from the graph's.
    """

    generation: int
    parallelism: dict[str, int] = {}


class SendHint(EffectBase, frozen=True, kw_only=True, tag=True):
    """Tell a slot process by Celery that the allocation waits to be claimed. May be lost or arrive twice."""

    allocation: str
    queue: str


class WriteMetadata(EffectBase, frozen=True, kw_only=True, tag=True):
    """Write the metadata file of a checkpoint that all have acknowledged; answered by `MetadataWritten`."""

    checkpoint: int


class MirrorPointer(EffectBase, frozen=True, kw_only=True, tag=True):
    """Write to storage which checkpoint is the newest; only then are tasks told."""

    checkpoint: int


class MirrorTerminal(EffectBase, frozen=True, kw_only=True, tag=True):
    """Write to storage how the job has ended, before anything of it is swept and before it is buried."""

    state: str
    runtime: int = 0  #: ms
    message: str | None = None
    traceback: str | None = None


class CancelBarriers(EffectBase, frozen=True, kw_only=True, tag=True):
    """Write into all input logs of a generation that the checkpoint will not be."""

    checkpoint: int
    generation: int


class DiscardCheckpoint(EffectBase, frozen=True, kw_only=True, tag=True):
    """Remove a checkpoint's folder, and shared files that no other checkpoint names."""

    checkpoint: int
    directory: str


class SweepCheckpoints(EffectBase, frozen=True, kw_only=True, tag=True):
    """The job is over: remove everything of it from checkpoint storage but the checkpoints in `keep`."""

    keep: tuple[int, ...] = ()


class ReadSavepoint(EffectBase, frozen=True, kw_only=True, tag=True):
    """Look at the savepoint to start from; answered by `SavepointRead`."""

    path: str
    allow_non_restored: bool = False


class StoreGraph(EffectBase, frozen=True, kw_only=True, tag=True):
    """Store the job's graph at another parallelism as a blob; answered by `GraphStored`."""

    parallelism: int


StorageEffect: TypeAlias = (
    WriteMetadata | MirrorPointer | MirrorTerminal | DiscardCheckpoint | SweepCheckpoints | ReadSavepoint
)
Effect: TypeAlias = CreateLogs | DeleteLogs | SendHint | CancelBarriers | StoreGraph | StorageEffect


def effect_id(effect: Effect) -> str:
    """The name of the outbox row: the same effect again is the same row."""
    match effect:
        case CreateLogs(generation=generation):
            return f"create-logs:{generation}"
        case DeleteLogs(generation=generation):
            return f"delete-logs:{generation}"
        case SendHint(allocation=allocation):
            return f"hint:{allocation}"
        case WriteMetadata(checkpoint=checkpoint):
            return f"write-metadata:{checkpoint}"
        case MirrorPointer(checkpoint=checkpoint):
            return f"mirror-pointer:{checkpoint}"
        case MirrorTerminal():
            return "mirror-terminal"
        case CancelBarriers(checkpoint=checkpoint):
            return f"cancel-barriers:{checkpoint}"
        case DiscardCheckpoint(checkpoint=checkpoint):
            return f"discard-checkpoint:{checkpoint}"
        case SweepCheckpoints():
            return "sweep-checkpoints"
        case ReadSavepoint():
            return "read-savepoint"
        case StoreGraph(parallelism=parallelism):
            return f"store-graph:{parallelism}"
