"""Checkpoint storage of one job in memory: what is there is a folder by name, its metadata or nothing."""

from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.graph.job_graph import JobGraph
from penstock_jobmanager.effect_inputs import InUse, Pointer
from penstock_jobmanager.effects import MirrorTerminal
from penstock_jobmanager.mirrored import Mirrored


class FakeStorage:
    """`broken`: what the next calls raise. `mirrors`: (epoch, checkpoint) in the order they were written."""

    def __init__(self) -> None:
        self.metadata: dict[str, CheckpointMetadata] = {}
        self.mirrors: list[tuple[int, int]] = []
        self.ends: list[str] = []
        self.discarded: list[str] = []
        self.swept: list[InUse] = []
        self.broken: Exception | None = None
        self.savepoints: dict[str, int] = {}  #: path -> checkpoint

    def write_metadata(self, directory: str, metadata: CheckpointMetadata) -> tuple[str, int, str]:
        self._check()
        self.metadata[directory] = metadata
        return f"{directory}/_metadata", 100, f"sum-{metadata.checkpoint}"

    def write_mirror(self, epoch: int, pointer: Pointer) -> None:
        self._check()
        self.mirrors.append((epoch, pointer.checkpoint))

    def write_terminal(self, epoch: int, end: MirrorTerminal) -> None:
        self._check()
        self.ends.append(end.state)

    def read_mirrors(self) -> Mirrored:
        self._check()
        return Mirrored()

    def discard(self, checkpoint: int, directory: str, in_use: InUse) -> None:
        self._check()
        self.discarded.append(directory)
        self.metadata.pop(directory, None)

    def sweep(self, in_use: InUse) -> None:
        self._check()
        self.swept.append(in_use)

    def check(self, path: str, graph: JobGraph, allow_non_restored: bool) -> tuple[str, str, int]:
        self._check()
        if path not in self.savepoints:
            raise FileNotFoundError(f"{path}: there is no checkpoint or savepoint")
        return f"{path}/_metadata", "sum", self.savepoints[path]

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken
