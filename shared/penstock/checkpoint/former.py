"""A checkpoint's vertices and operators by id: what a restore looks things up in."""

from collections.abc import Iterator
from dataclasses import dataclass

from penstock.checkpoint.handles import OperatorHandle, SubtaskState
from penstock.checkpoint.metadata import CheckpointMetadata, OperatorInfo, VertexState

#: kind of the list states that hold event time
WATERMARK = "watermark"


@dataclass(frozen=True, slots=True)
class FormerOperator:
    """An operator as the checkpoint has it, with the vertex it was chained in."""

    info: OperatorInfo
    vertex: VertexState

    def handles(self) -> Iterator[tuple[int, OperatorHandle]]:
        """(former subtask, its state) of those that have any."""
        for subtask, state in enumerate(self.vertex.subtasks):
            handle = state.operators.get(self.info.id)
            if handle is not None and (handle.keyed is not None or handle.lists):
                yield subtask, handle

    @property
    def has_state(self) -> bool:
        """Whether anything of it would be missed: watermarks, which the records bring again, would not."""
        return any(handle.keyed is not None or any(_counts(handle)) for _, handle in self.handles())

    @property
    def is_keyed(self) -> bool:
        return any(handle.keyed is not None for _, handle in self.handles())

    @property
    def text(self) -> str:
        """For messages: its name and what it is found by."""
        by = f"uid {self.info.uid!r}" if self.info.uid else f"id {self.info.id}"
        return f"{self.info.name!r} ({by})"


def _counts(handle: OperatorHandle) -> Iterator[bool]:
    for name, items in handle.lists.items():
        meta = handle.states.get(name)
        yield items.items > 0 and (meta is None or meta.kind != WATERMARK)


def former_operators(metadata: CheckpointMetadata) -> dict[str, FormerOperator]:
    """By operator id."""
    found: dict[str, FormerOperator] = {}
    for vertex in metadata.vertices:
        known = {info.id for info in vertex.operators}
        for info in vertex.operators:
            found[info.id] = FormerOperator(info, vertex)
        for state in vertex.subtasks:
            for operator in state.operators:
                if operator not in known and operator not in found:
                    found[operator] = FormerOperator(OperatorInfo(id=operator, name=vertex.name), vertex)
    return found


def has_ended(state: SubtaskState) -> bool:
    """Whether the subtask had no more input."""
    return state.ended or state.finished
