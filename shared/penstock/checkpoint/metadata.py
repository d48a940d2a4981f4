"""The metadata file of a checkpoint: everything a restore needs to find the rest.

Source: Flink's `CheckpointMetadata`, `OperatorState`.
"""

import msgspec

from penstock.checkpoint.handles import SubtaskState

#: of the file; a newer one is refused by name. 2: keyed state may be in pieces that mix the key groups
FORMAT = 2


class OperatorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as the job had it, for matching by id and for messages."""

    id: str
    name: str
    uid: str | None = None


class VertexState(msgspec.Struct, frozen=True, kw_only=True):
    """A vertex of the job and what each of its subtasks acknowledged, by subtask."""

    id: str
    name: str
    parallelism: int
    max_parallelism: int
    operators: tuple[OperatorInfo, ...]
    subtasks: tuple[SubtaskState, ...]


class CheckpointMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """`edges`: (source vertex, target vertex) by edge number, to match channel state after a rescale."""

    format: int = FORMAT
    job: str
    job_name: str
    checkpoint: int
    timestamp: int  #: ms, of the trigger
    savepoint: bool
    vertices: tuple[VertexState, ...]
    edges: tuple[tuple[str, str], ...] = ()
    properties: dict[str, str] = {}
    directory: str = ""  #: where it was read from, which paths of handles are relative to; not part of the file
