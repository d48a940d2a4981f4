"""Checkpoint storage as tasks use it: state goes out by uploads, and comes back when a job is restored."""

from collections.abc import Callable

import msgspec

from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.handles import FileHandle, SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.restore import read_restore
from penstock.checkpoint.state_files import handles_of, write_subtask_state
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing
from penstock.coordination.messages import RestoreRef
from penstock.graph.job_graph import JobGraph
from penstock.runtime.restore import Restored, RestoreFailed
from penstock.runtime.snapshot import ChannelsSnapshot
from penstock.runtime.uploads import SubtaskPart


class CheckpointFiles:
    """A `StateWriter`. `threshold`: bytes up to which state travels in its handle."""

    def __init__(self, storage: CheckpointStorage, threshold: int) -> None:
        self._storage, self._threshold = storage, threshold

    def write(self, part: SubtaskPart, cancelled: Callable[[], bool]) -> SubtaskState:
        state = write_subtask_state(
            self._storage,
            part.options,
            part.checkpoint,
            part.vertex,
            part.subtask,
            part.attempt,
            part.operators,
            part.channels,
            part.ended,
            self._threshold,
            part.base,
            cancelled,
            part.key_groups,
        )
        return msgspec.structs.replace(state, in_flight=part.in_flight)

    def discard(self, part: SubtaskPart, state: SubtaskState) -> None:
        before = set() if part.base is None else {path for path, _ in _files(part.base)}
        for path, handle in _files(state):
            # a path that leads out of the checkpoint's own folder is a shared file: perhaps one of an earlier one's
            if "/" not in path or path not in before:
                self._storage.remove(self._storage.locate(part.options.directory, handle))


class CheckpointReader:
    """A `Restore` out of storage."""

    def __init__(
        self, storage: CheckpointStorage, metadata: CheckpointMetadata, graph: JobGraph, ref: RestoreRef
    ) -> None:
        self.checkpoint = ref.checkpoint
        self._storage, self._metadata, self._graph, self._ref = storage, metadata, graph, ref

    def subtask(self, vertex: str, subtask: int) -> Restored:
        found = read_restore(self._storage, self._metadata, self._graph, vertex, subtask)
        try:
            channels = [ChannelsSnapshot.loads(data) for data in found.channels]
        except ValueError as e:
            raise CheckpointUnusable(self._ref.path, str(e)) from e
        return Restored(found.operators, channels, found.ended, found.finished, found.base)


def _files(state: SubtaskState) -> list[tuple[str, FileHandle]]:
    """Each file once."""
    return list({h.path: h for h in handles_of(state) if isinstance(h, FileHandle)}.items())


def checkpoint_files(configuration: Configuration, graph: JobGraph) -> CheckpointFiles:
    """Of a job on this cluster. CheckpointStorageError names the key that is not set."""
    merged = configuration.with_overrides(graph.configuration)
    return CheckpointFiles(CheckpointStorage.of(merged, graph.job_id), merged.get(checkpointing.INLINE_THRESHOLD))


def restore_from(configuration: Configuration, graph: JobGraph, ref: RestoreRef) -> CheckpointReader:
    """The checkpoint that a deployment names. RestoreFailed where its metadata is missing or damaged."""
    storage = CheckpointStorage.of(configuration.with_overrides(graph.configuration), graph.job_id)
    try:
        metadata = storage.read_metadata(ref.path, ref.checksum)
    except CheckpointUnusable as e:
        raise RestoreFailed(ref.checkpoint, e) from e
    return CheckpointReader(storage, metadata, graph, ref)
