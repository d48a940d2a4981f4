"""Effects in checkpoint storage. Each may be repeated, also by a successor while we are still at it."""

from collections.abc import Callable
from typing import Protocol

from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.client.config import Configuration
from penstock.coordination.messages import EffectDone, Message, MetadataWritten, SavepointRead
from penstock.graph.job_graph import JobGraph
from penstock.testing.crash_points import reach
from penstock_jobmanager.effect_inputs import Given, InUse, NewMetadata, Pointer
from penstock_jobmanager.effects import (
    DiscardCheckpoint,
    MirrorPointer,
    MirrorTerminal,
    ReadSavepoint,
    StorageEffect,
    SweepCheckpoints,
    WriteMetadata,
    effect_id,
)
from penstock_jobmanager.mirrored import Mirrored


class Storage(Protocol):
    """The part of a job's `penstock.checkpoint` storage that a JobMaster uses."""

    def write_metadata(self, directory: str, metadata: CheckpointMetadata) -> tuple[str, int, str]: ...

    def write_mirror(self, epoch: int, pointer: Pointer) -> None: ...

    def write_terminal(self, epoch: int, end: MirrorTerminal) -> None: ...

    def read_mirrors(self) -> Mirrored: ...

    def discard(self, checkpoint: int, directory: str, in_use: InUse) -> None: ...

    def sweep(self, in_use: InUse) -> None: ...

    def check(self, path: str, graph: JobGraph, allow_non_restored: bool) -> tuple[str, str, int]: ...


#: (configuration of the job, its id) -> its storage
StorageOf = Callable[[Configuration, str], Storage]


def carry_out(storage: Storage, effect: StorageEffect, given: Given, graph: JobGraph, epoch: int) -> Message:
    """The event that acknowledges it. Raises what storage raises."""
    match effect, given:
        case WriteMetadata(checkpoint=checkpoint), NewMetadata(directory=directory, metadata=metadata):
            reach("after-last-ack")
            path, size, checksum = storage.write_metadata(directory, metadata)
            reach("after-metadata")
            return MetadataWritten(checkpoint=checkpoint, path=path, size=size, checksum=checksum, epoch=epoch)
        case MirrorPointer(), Pointer():
            reach("after-completed")
            storage.write_mirror(epoch, given)
            reach("after-pointer")
        case MirrorTerminal(), _:
            storage.write_terminal(epoch, effect)
        case DiscardCheckpoint(checkpoint=checkpoint, directory=directory), InUse():
            storage.discard(checkpoint, directory, given)
        case SweepCheckpoints(), InUse():
            storage.sweep(given)
        case ReadSavepoint(path=path, allow_non_restored=allow), _:
            found, checksum, checkpoint = storage.check(path, graph, allow)
            return SavepointRead(path=found, checksum=checksum, checkpoint=checkpoint, epoch=epoch)
        case _:
            raise TypeError(f"{effect} was given {given}")
    return EffectDone(effect=effect_id(effect), epoch=epoch)
