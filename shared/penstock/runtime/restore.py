"""What a task begins with that goes on from a checkpoint; and saying so where the checkpoint cannot be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from penstock.checkpoint.handles import SubtaskState
from penstock.graph.job_graph import JobVertex
from penstock.runtime.snapshot import ChannelsSnapshot
from penstock.state.snapshot import RestoredOperator


@dataclass(frozen=True, slots=True)
class Restored:
    """`operators`: by operator id; `channels`: of the former subtasks that this one goes on from.

    `ended`: the task had no more input and had sent all its output; `finished`: so long ago that nothing is kept of it.
    """

    operators: Mapping[str, RestoredOperator] = field(default_factory=dict)
    channels: Sequence[ChannelsSnapshot] = ()
    ended: bool = False
    finished: bool = False
    base: SubtaskState | None = None  #: what an incremental checkpoint may build on

    @property
    def is_over(self) -> bool:
        return self.ended or self.finished

    def by_place(self, vertex: JobVertex) -> dict[int, RestoredOperator]:
        """Place in the chain -> what the operator there begins with."""
        return {n: self.operators[node.id] for n, node in enumerate(vertex.operators) if node.id in self.operators}


class Restore(Protocol):
    """A checkpoint that tasks begin with. State may be read later, as it is used."""

    checkpoint: int

    def subtask(self, vertex: str, subtask: int) -> Restored: ...


class RestoreFailed(Exception):  # noqa: N818
    """A checkpoint has a file that is missing or damaged: another one has to be restored."""

    def __init__(self, checkpoint: int, error: Exception) -> None:
        super().__init__(f"CheckpointUnusable: checkpoint {checkpoint}: {error}")
        self.checkpoint = checkpoint
