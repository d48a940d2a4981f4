"""The ExecutionGraph: a JobGraph spread over its parallel subtasks, each with its current execution attempt.

A view over execution rows (anything with `vertex`, `subtask`, `state`, `attempt`), so that the JobMaster and the REST
side derive the same answers from the same rows. Source: Flink's `ExecutionGraph`, `ExecutionJobVertex`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeAlias, TypeVar

from penstock.graph.job_graph import JobGraph
from penstock.graph.key_groups import UPPER_BOUND_MAX_PARALLELISM
from penstock.graph.states import ExecutionState

Subtask: TypeAlias = tuple[str, int]  #: (vertex id, subtask index)


class Execution(Protocol):
    """The current attempt of one subtask."""

    @property
    def vertex(self) -> str: ...
    @property
    def subtask(self) -> int: ...
    @property
    def state(self) -> ExecutionState: ...
    @property
    def attempt(self) -> int: ...


E = TypeVar("E", bound=Execution)


class ExecutionGraph(Generic[E]):
    """Reads `executions` as they are at each call; it keeps no copy."""

    def __init__(self, graph: JobGraph, executions: Mapping[Subtask, E]) -> None:
        self.graph = graph
        self._executions = executions

    @classmethod
    def of(cls, graph: JobGraph, rows: Iterable[E]) -> "ExecutionGraph[E]":
        """From rows in any order."""
        return cls(graph, {(row.vertex, row.subtask): row for row in rows})

    def execution(self, vertex: str, subtask: int) -> E:
        """The current attempt; KeyError where the subtask has none."""
        return self._executions[vertex, subtask]

    def executions(self) -> Iterator[E]:
        """All current attempts in topological order."""
        for vertex in self.graph.vertices:
            yield from self.of_vertex(vertex.id)

    def of_vertex(self, vertex: str) -> list[E]:
        """The current attempts of a vertex by subtask."""
        count = self.graph.vertex(vertex).parallelism
        return [self._executions[vertex, n] for n in range(count) if (vertex, n) in self._executions]

    def counts(self, vertex: str) -> dict[ExecutionState, int]:
        """How many subtasks of a vertex are in each state; every state is there."""
        found = Counter(e.state for e in self.of_vertex(vertex))
        return {state: found[state] for state in ExecutionState}

    def vertex_state(self, vertex: str) -> ExecutionState:
        """The state of a vertex as a whole, as Flink's `getAggregateJobVertexState` has it."""
        return combined_state(self.counts(vertex))

    @property
    def all_terminal(self) -> bool:
        """Whether there are executions and none of them is live."""
        return bool(self._executions) and all(e.state.is_terminal for e in self._executions.values())

    def task_name(self, vertex: str, subtask: int) -> str:
        """As Flink names a task in logs and exceptions: "Flat Map (2/4)"."""
        found = self.graph.vertex(vertex)
        return f"{found.name} ({subtask + 1}/{found.parallelism})"


def combined_state(counts: Mapping[ExecutionState, int]) -> ExecutionState:
    """The state of several subtasks together. `counts` has every state."""
    order = ("FAILED", "CANCELING", "CANCELED", "INITIALIZING", "RUNNING")
    for state in map(ExecutionState, order):
        if counts[state]:
            return state
    finished = counts[ExecutionState.FINISHED]
    if finished:
        return ExecutionState.FINISHED if finished == sum(counts.values()) else ExecutionState.RUNNING
    return ExecutionState.CREATED


def shared_slots(graph: JobGraph) -> tuple[tuple[Subtask, ...], ...]:
    """What runs in each of the job's `slots_required()` slots: subtask n of every vertex of a slot sharing group
    that has so many, group by group in the order of their first vertex."""
    groups: dict[str, list[list[Subtask]]] = {}
    for vertex in graph.vertices:
        slots = groups.setdefault(vertex.slot_sharing_group, [])
        for subtask in range(vertex.parallelism):
            if subtask == len(slots):
                slots.append([])
            slots[subtask].append((vertex.id, subtask))
    return tuple(tuple(slot) for slots in groups.values() for slot in slots)


def check_job_graph(graph: JobGraph) -> None:
    """ValueError names what makes a graph impossible to run."""
    if not graph.vertices:
        raise ValueError(f"the JobGraph of {graph.job_id} has no vertices")
    position: dict[str, int] = {}
    for number, vertex in enumerate(graph.vertices):
        if vertex.id in position:
            raise ValueError(f"the JobGraph has two vertices of the id {vertex.id}")
        position[vertex.id] = number
        if not vertex.operators:
            raise ValueError(f"the vertex {vertex.name!r} has no operators")
        if not 1 <= vertex.max_parallelism <= UPPER_BOUND_MAX_PARALLELISM:
            raise ValueError(
                f"the max parallelism {vertex.max_parallelism} of {vertex.name!r} is not within 1 and "
                f"{UPPER_BOUND_MAX_PARALLELISM}"
            )
        if not 1 <= vertex.parallelism <= vertex.max_parallelism:
            raise ValueError(
                f"the parallelism {vertex.parallelism} of {vertex.name!r} is not within 1 and its max parallelism "
                f"{vertex.max_parallelism}"
            )
    for number, edge in enumerate(graph.edges):
        for end in (edge.source, edge.target):
            if end not in position:
                raise ValueError(f"edge {number} of the JobGraph names the unknown vertex {end}")
        if position[edge.source] >= position[edge.target]:
            raise ValueError(
                f"edge {number} of the JobGraph leads backwards: the vertices are not in topological order"
            )
        if not 0 <= edge.source_operator < len(graph.vertex(edge.source).operators):
            raise ValueError(f"edge {number} of the JobGraph leaves the unknown operator {edge.source_operator}")
