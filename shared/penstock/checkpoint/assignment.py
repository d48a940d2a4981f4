"""Which new subtask begins with which former state, at any parallelism. Pure: handles in, handles out.

- Keyed state: whoever owns a key group reads it out of the handles that have it.
- List state, unchanged parallelism: everybody keeps its own, except union, which all get whole. At another one,
  "split": item i of all, in the order of subtasks, goes to new subtask i % parallelism; "broadcast": each gets one
  former copy.
- A former subtask that had ended: at the same parallelism the new one has ended too. At another: if all had, all new
  ones have; if only some had, the new ones all run, and share what list state those had left.

Source: Flink's `StateAssignmentOperation`, `RoundRobinOperatorStateRepartitioner`.
"""

from dataclasses import dataclass, field
from functools import cached_property

from penstock.checkpoint.compatibility import check, former_vertices
from penstock.checkpoint.former import FormerOperator, former_operators, has_ended
from penstock.checkpoint.handles import (
    IncrementalHandle,
    KeyedHandle,
    ListHandle,
    OperatorHandle,
    StateHandle,
    StateMeta,
    SubtaskState,
)
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.graph.job_graph import JobGraph, JobVertex
from penstock.graph.key_groups import key_group_range


@dataclass(frozen=True, slots=True)
class KeyedPart:
    """Keyed state of a former subtask that a new one reads. `former`: its key groups; `wanted`: those to read."""

    handle: KeyedHandle | IncrementalHandle
    subtask: int
    former: range
    wanted: range


@dataclass(frozen=True, slots=True)
class ListPart:
    """Items of a former subtask's list state that a new one gets."""

    handle: ListHandle
    items: range


@dataclass(slots=True)
class OperatorAssignment:
    """`subtasks`: how many former ones the operator had; 0: the checkpoint does not know it."""

    owned: range
    subtasks: int = 0
    keyed: list[KeyedPart] = field(default_factory=list)
    lists: dict[str, list[ListPart]] = field(default_factory=dict)
    list_states: dict[str, StateMeta] = field(default_factory=dict)


@dataclass(slots=True)
class SubtaskAssignment:
    """`channels`: (former subtask, its channel state). `base`: the former self, where nothing has changed."""

    operators: dict[str, OperatorAssignment]
    channels: list[tuple[int, StateHandle]]
    ended: bool
    finished: bool
    base: SubtaskState | None


class Assignment:
    """Of a checkpoint that fits the graph."""

    def __init__(self, metadata: CheckpointMetadata, graph: JobGraph) -> None:
        self.metadata, self.graph = metadata, graph

    @cached_property
    def former(self) -> dict[str, FormerOperator]:
        return former_operators(self.metadata)

    def subtask(self, vertex_id: str, subtask: int) -> SubtaskAssignment:
        """What a new subtask begins with; KeyError where the graph has no such vertex."""
        vertex = self.graph.vertex(vertex_id)
        ended, finished = self._ends(vertex, subtask)
        operators = {node.id: self._operator(vertex, node.id, subtask) for node in vertex.operators}
        return SubtaskAssignment(
            operators, self._channels(vertex, subtask), ended, finished, self._base(vertex, subtask)
        )

    def finished(self, vertex_id: str) -> bool:
        """Whether all subtasks of a vertex will be FINISHED as soon as they start."""
        vertex = self.graph.vertex(vertex_id)
        return all(any(self._ends(vertex, n)) for n in range(vertex.parallelism))

    def _operator(self, vertex: JobVertex, operator: str, subtask: int) -> OperatorAssignment:
        owned = key_group_range(subtask, vertex.parallelism, vertex.max_parallelism)
        found = OperatorAssignment(owned)
        if (former := self.former.get(operator)) is None:
            return found
        found.subtasks = former.vertex.parallelism
        handles = dict(former.handles())
        for n, handle in handles.items():
            if handle.keyed is not None:
                had = key_group_range(n, former.vertex.parallelism, former.vertex.max_parallelism)
                if wanted := _overlap(had, owned):
                    found.keyed.append(KeyedPart(handle.keyed, n, had, wanted))
            found.list_states.update(handle.states)
        for name in dict.fromkeys(name for handle in handles.values() for name in handle.lists):
            found.lists[name] = _list_parts(name, handles, subtask, former.vertex.parallelism, vertex.parallelism)
        return found

    def _channels(self, vertex: JobVertex, subtask: int) -> list[tuple[int, StateHandle]]:
        former = next((v for v in self.metadata.vertices if v.id == vertex.id), None)
        if former is None:
            return []
        own = former.parallelism == vertex.parallelism
        return [
            (n, state.channels)
            for n, state in enumerate(former.subtasks)
            if state.channels is not None and (n == subtask or not own)
        ]

    def _ends(self, vertex: JobVertex, subtask: int) -> tuple[bool, bool]:
        """(ended, finished)"""
        sources = list(former_vertices(vertex, self.former).values())
        if len(sources) == 1 and sources[0].parallelism == vertex.parallelism:
            state = sources[0].subtasks[subtask]
            return state.ended, state.finished
        states = [state for source in sources for state in source.subtasks]
        if not states or not all(map(has_ended, states)):
            return False, False
        finished = all(state.finished for state in states)
        return not finished, finished

    def _base(self, vertex: JobVertex, subtask: int) -> SubtaskState | None:
        if self.metadata.savepoint or self.metadata.job != self.graph.job_id:
            return None
        former = next((v for v in self.metadata.vertices if v.id == vertex.id), None)
        if former is None or former.parallelism != vertex.parallelism or subtask >= len(former.subtasks):
            return None
        return former.subtasks[subtask]


def assign(
    metadata: CheckpointMetadata, graph: JobGraph, allow_non_restored: bool = False, *, same_job: bool = False
) -> Assignment:
    """IncompatibleSavepoint where the job cannot start from the checkpoint.

    allow_non_restored: state of operators that the job has not is left out.
    same_job: a checkpoint of the job itself is expected, as when it recovers.
    """
    assignment = Assignment(metadata, graph)
    check(metadata, graph, assignment.former, allow_non_restored, same_job)
    return assignment


def _overlap(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _list_parts(name: str, handles: dict[int, OperatorHandle], subtask: int, before: int, now: int) -> list[ListPart]:
    lists = [(n, handle.lists[name]) for n, handle in handles.items() if name in handle.lists]
    match lists[0][1].redistribution:
        case "union":
            return [ListPart(handle, range(handle.items)) for _, handle in lists]
        case "broadcast":
            own = [handle for n, handle in lists if n == subtask and before == now]
            handle = own[0] if own else lists[subtask % len(lists)][1]
            return [ListPart(handle, range(handle.items))]
    if before == now:
        return [ListPart(handle, range(handle.items)) for n, handle in lists if n == subtask]
    parts: list[ListPart] = []
    at = 0
    for _, handle in lists:
        items = range((subtask - at) % now, handle.items, now)
        if items:
            parts.append(ListPart(handle, items))
        at += handle.items
    return parts
