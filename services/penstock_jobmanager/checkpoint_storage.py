"""A job's checkpoint storage as it is configured, and what a JobMaster does there: `checkpoint_effects.Storage`."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import structlog

from penstock.checkpoint import assignment, mirror, terminal
from penstock.checkpoint import sweep as sweeping
from penstock.checkpoint.errors import CheckpointStorageError, CheckpointUnusable
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock.client.config.options import checkpointing
from penstock.graph.job_graph import JobGraph
from penstock_jobmanager.checkpoint_config import CheckpointConfig
from penstock_jobmanager.effect_inputs import InUse, Pointer
from penstock_jobmanager.effects import MirrorTerminal
from penstock_jobmanager.mirrored import Mirrored

T = TypeVar("T")

_log = structlog.get_logger(__name__)


def located(config: CheckpointConfig, configuration: Configuration, job: str) -> CheckpointConfig:
    """With the folders of the job. ValueError where checkpoints are to be taken and there is no folder for them."""

    def savepoint(parent: str, job: str, token: str) -> str:
        return CheckpointStorage("", job, configuration).savepoint_directory(parent, token)

    config = replace(config, savepoint_folder=savepoint)
    try:
        storage = CheckpointStorage.of(configuration, job)
    except CheckpointStorageError as error:
        if config.enabled:
            raise ValueError(f"{checkpointing.INTERVAL.key} is set, and there is {error}") from None
        return replace(config, no_storage=str(error))
    return replace(config, directory=storage.checkpoint_directory)


class JobStorage:
    """Of one job. Errors are CheckpointStorageErrors, which name path and cause, and IncompatibleSavepoint."""

    def __init__(self, configuration: Configuration, job: str) -> None:
        try:
            self._storage = CheckpointStorage.of(configuration, job)
            # in a folder of several jobs, what is not ours must not be taken for left over
            self._sweeps = configuration.get(checkpointing.CREATE_SUBDIR)
        except CheckpointStorageError:
            # savepoints say where they are to be
            self._storage, self._sweeps = CheckpointStorage("", job, configuration), False

    def write_metadata(self, directory: str, metadata: CheckpointMetadata) -> tuple[str, int, str]:
        """(path, bytes, checksum)."""
        return self._storage.write_metadata(directory, metadata)

    def write_mirror(self, epoch: int, pointer: Pointer) -> None:
        """Of a job that has no checkpoint storage, and stops with a savepoint, there is none."""
        if self._storage.directory:
            counters = {
                "next_checkpoint": pointer.next_checkpoint,
                "generation": pointer.generation,
                "attempt": pointer.attempt,
            }
            content = mirror.PointerMirror(
                epoch=epoch,
                checkpoint=pointer.checkpoint,
                path=pointer.path,
                checksum=pointer.checksum,
                counters=counters,
            )
            mirror.write_mirror(self._storage, content)

    def write_terminal(self, epoch: int, end: MirrorTerminal) -> None:
        """How the job has ended."""
        if self._storage.directory:
            content = terminal.TerminalMirror(
                job=self._storage.job,
                state=end.state,
                epoch=epoch,
                time=_now(),
                runtime=end.runtime,
                message=end.message,
                traceback=end.traceback,
            )
            terminal.write_terminal(self._storage, content)

    def read_mirrors(self) -> Mirrored:
        """Nothing where there is no checkpoint storage; a damaged one counts for none."""
        if not self._storage.directory:
            return Mirrored()
        end = _undamaged(lambda: terminal.read_terminal(self._storage, _now()))
        pointer = _undamaged(lambda: mirror.read_mirror(self._storage))
        # jobs may share a folder
        own = pointer is not None and pointer.job in ("", self._storage.job)
        return Mirrored(pointer=pointer if own else None, terminal=end)

    def discard(self, checkpoint: int, directory: str, in_use: InUse) -> None:
        """The folder, and what nobody names in the others."""
        self._storage.discard(directory)
        self._sweep(in_use)

    def sweep(self, in_use: InUse) -> None:
        """Everything but what is in use; the folder of the job too, where that is nothing."""
        self._sweep(in_use)
        if self._sweeps and not in_use.retained:
            self._storage.remove_job()

    def check(self, path: str, graph: JobGraph, allow_non_restored: bool) -> tuple[str, str, int]:
        """(metadata file, its checksum, number of the checkpoint) of a savepoint that fits the job."""
        metadata = self._storage.read_metadata(path)
        assignment.assign(metadata, graph, allow_non_restored)
        return self._storage.metadata_path(metadata.directory), "", metadata.checkpoint

    def _sweep(self, in_use: InUse) -> None:
        if not self._sweeps:
            return
        # one that cannot be read names nobody knows what: then nothing is removed
        retained = [self._storage.read_metadata(path, checksum) for path, checksum in in_use.retained]
        left = sweeping.needed(self._storage.directory, retained, in_use.pending, in_use.next_checkpoint - 1)
        for error in sweeping.sweep(self._storage, left).errors:
            _log.warning("a file of an old checkpoint could not be removed", error=str(error))


def _undamaged(read: Callable[[], T | None]) -> T | None:
    try:
        return read()
    except CheckpointUnusable as error:
        _log.error("a mirror of the job in checkpoint storage is no use", error=str(error))
        return None


def _now() -> int:
    return time.time_ns() // 1_000_000
