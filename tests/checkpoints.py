"""Snapshots, jobs and metadata for tests of checkpoint storage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from penstock.checkpoint.handles import StateMeta, SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata, OperatorInfo, VertexState
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.state_files import write_subtask_state
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.graph.key_groups import key_group_range
from penstock.state.snapshot import ListSnapshot, NativeFiles, OperatorSnapshot

JOB = "0123456789abcdef" * 2
MAX_PARALLELISM = 128


class Keyed:
    """A keyed snapshot of given bytes. `released` counts."""

    def __init__(self, groups: Mapping[int, bytes], native: NativeFiles | None = None) -> None:
        self.states: Mapping[str, StateMeta] = {"total": StateMeta(kind="value", type_info="INT")}
        self._groups, self._native = groups, native
        self.released = 0

    def groups(self) -> Iterator[tuple[int, bytes]]:
        yield from self._groups.items()

    def native(self) -> NativeFiles | None:
        return self._native

    def release(self) -> None:
        self.released += 1


def operator_id(letter: str) -> str:
    return letter * 32


def native_files(folder: Path, shared: Mapping[str, bytes], own: Mapping[str, bytes]) -> NativeFiles:
    """Such files, written into a new folder."""
    folder.mkdir(parents=True)
    for name, data in {**shared, **own}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return NativeFiles("rocksdb", folder, frozenset(shared))


def group_state(group: int, size: int = 20) -> bytes:
    """Bytes that tell the group."""
    return (b"%d;" % group * size)[:size]


@dataclass(slots=True)
class Vertex:
    """A vertex of a test job: letters of its operators (`uids`: which have one), its parallelism."""

    letters: str
    parallelism: int = 1
    max_parallelism: int = MAX_PARALLELISM
    uids: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return operator_id(self.letters[0])

    def job_vertex(self) -> JobVertex:
        nodes = tuple(
            OperatorNode(id=operator_id(letter), name=f"Operator {letter}", spec="", uid=self.uids.get(letter))
            for letter in self.letters
        )
        return JobVertex(
            id=self.id,
            name=" -> ".join(node.name for node in nodes),
            operators=nodes,
            parallelism=self.parallelism,
            max_parallelism=self.max_parallelism,
        )

    def state(self, subtasks: Sequence[SubtaskState]) -> VertexState:
        vertex = self.job_vertex()
        return VertexState(
            id=vertex.id,
            name=vertex.name,
            parallelism=vertex.parallelism,
            max_parallelism=vertex.max_parallelism,
            operators=tuple(OperatorInfo(id=n.id, name=n.name, uid=n.uid) for n in vertex.operators),
            subtasks=tuple(subtasks),
        )


def graph(*vertices: Vertex, job: str = JOB) -> JobGraph:
    """Each vertex feeds the next."""
    edges = tuple(
        JobEdge(source=one.id, source_operator=0, target=other.id, strategy="HASH") for one, other in pairwise(vertices)
    )
    return JobGraph(job_id=job, name="totals", vertices=tuple(v.job_vertex() for v in vertices), edges=edges)


def metadata(
    *vertices: VertexState, checkpoint: int = 1, job: str = JOB, savepoint: bool = False
) -> CheckpointMetadata:
    return CheckpointMetadata(
        job=job,
        job_name="totals",
        checkpoint=checkpoint,
        timestamp=1_700_000_000_000,
        savepoint=savepoint,
        vertices=vertices,
    )


def storage_at(base: str, settings: Mapping[str, Any] | None = None) -> CheckpointStorage:
    return CheckpointStorage.of(Configuration({"execution.checkpointing.dir": base, **(settings or {})}), JOB)


def write_vertex(
    storage: CheckpointStorage,
    vertex: Vertex,
    checkpoint: int = 1,
    *,
    savepoint: str | None = None,
    threshold: int = 0,
    group_bytes: int = 20,
    lists: Mapping[str, ListSnapshot] | None = None,
) -> VertexState:
    """Every operator of the vertex with keyed state in every key group, and these lists in every subtask."""
    options = CheckpointOptions(
        directory=savepoint or storage.checkpoint_directory(checkpoint), savepoint=savepoint is not None
    )
    states = []
    for subtask in range(vertex.parallelism):
        owned = key_group_range(subtask, vertex.parallelism, vertex.max_parallelism)
        operators = {
            operator_id(letter): OperatorSnapshot(
                Keyed({group: group_state(group, group_bytes) for group in owned}), dict(lists or {})
            )
            for letter in vertex.letters
        }
        states.append(
            write_subtask_state(
                storage,
                options,
                checkpoint,
                vertex.id,
                subtask,
                0,
                operators,
                b"channels of %d" % subtask,
                threshold=threshold,
                key_groups=owned,
            )
        )
    return vertex.state(states)


def write_checkpoint(storage: CheckpointStorage, checkpoint: int, vertex: Vertex, **more: Any) -> CheckpointMetadata:
    """Complete, as it is read again."""
    written = metadata(write_vertex(storage, vertex, checkpoint, **more), checkpoint=checkpoint)
    path, _, checksum = storage.write_metadata(storage.checkpoint_directory(checkpoint), written)
    return storage.read_metadata(path, checksum)


def files_below(storage: CheckpointStorage, folder: str) -> set[str]:
    """Paths of all files, at any depth, relative to the folder."""
    found: set[str] = set()
    for name, size in storage.list(folder).items():
        if size is None:
            found |= {f"{name}/{inner}" for inner in files_below(storage, f"{folder}/{name}")}
        else:
            found.add(name)
    return found
