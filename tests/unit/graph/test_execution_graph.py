"""The ExecutionGraph as a view, shared slots, and graphs that cannot run."""

from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from penstock.graph.execution_graph import ExecutionGraph, check_job_graph, shared_slots
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.graph.states import ExecutionState as S

A, B, C = "a" * 32, "b" * 32, "c" * 32


def vertex(id: str, parallelism: int, group: str = "default") -> JobVertex:
    operator = OperatorNode(id=id, name=f"op {id[0]}", spec="0" * 64)
    return JobVertex(
        id=id,
        name=f"op {id[0]}",
        operators=(operator,),
        parallelism=parallelism,
        max_parallelism=128,
        slot_sharing_group=group,
    )


GRAPH = JobGraph(
    job_id="0" * 32,
    name="job",
    vertices=(vertex(A, 1), vertex(B, 3)),
    edges=(JobEdge(source=A, source_operator=0, target=B, strategy="REBALANCE"),),
)


@dataclass(frozen=True)
class Row:
    vertex: str
    subtask: int
    state: S = S.CREATED
    attempt: int = 0


def states(*found: S) -> ExecutionGraph[Row]:
    return ExecutionGraph.of(GRAPH, [Row(B, n, state) for n, state in reversed(list(enumerate(found)))])


def test_executions_come_in_topological_order_whatever_the_order_of_the_rows() -> None:
    graph = ExecutionGraph.of(GRAPH, [Row(B, 2), Row(B, 0), Row(A, 0), Row(B, 1)])
    assert [(e.vertex, e.subtask) for e in graph.executions()] == [(A, 0), (B, 0), (B, 1), (B, 2)]
    assert graph.execution(B, 2) == Row(B, 2)
    assert graph.task_name(B, 1) == "op b (2/3)"
    with pytest.raises(KeyError):
        graph.execution(B, 3)


def test_it_is_a_view() -> None:
    rows = {(A, 0): Row(A, 0, S.RUNNING)}
    graph = ExecutionGraph(GRAPH, rows)
    assert not graph.all_terminal
    rows[A, 0] = Row(A, 0, S.FINISHED)
    assert graph.all_terminal


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((S.CREATED, S.CREATED, S.CREATED), S.CREATED),
        ((S.SCHEDULED, S.SCHEDULED, S.DEPLOYING), S.CREATED),
        ((S.RUNNING, S.INITIALIZING, S.DEPLOYING), S.INITIALIZING),
        ((S.RUNNING, S.RUNNING, S.FINISHED), S.RUNNING),
        ((S.FINISHED, S.FINISHED, S.SCHEDULED), S.RUNNING),
        ((S.FINISHED, S.FINISHED, S.FINISHED), S.FINISHED),
        ((S.CANCELED, S.CANCELING, S.RUNNING), S.CANCELING),
        ((S.CANCELED, S.FINISHED, S.RUNNING), S.CANCELED),
        ((S.CANCELED, S.CANCELING, S.FAILED), S.FAILED),
    ],
)
def test_a_vertex_has_the_state_flink_gives_it(found: tuple[S, ...], expected: S) -> None:
    assert states(*found).vertex_state(B) is expected


def test_counts_name_every_state() -> None:
    counts = states(S.RUNNING, S.RUNNING, S.FINISHED).counts(B)
    assert counts.keys() == set(S)
    assert (counts[S.RUNNING], counts[S.FINISHED], counts[S.FAILED]) == (2, 1, 0)


def test_no_executions_are_not_all_over() -> None:
    assert not ExecutionGraph.of(GRAPH, []).all_terminal


def test_subtasks_of_a_group_share_slots() -> None:
    graph = replace(GRAPH, vertices=(vertex(A, 1), vertex(B, 3), vertex(C, 2, "other")))
    assert shared_slots(graph) == (((A, 0), (B, 0)), ((B, 1),), ((B, 2),), ((C, 0),), ((C, 1),))
    assert len(shared_slots(graph)) == graph.slots_required()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"vertices": (), "edges": ()}, "has no vertices"),
        ({"vertices": (vertex(A, 1), vertex(A, 1)), "edges": ()}, f"two vertices of the id {A}"),
        ({"vertices": (replace(vertex(A, 1), operators=()),)}, "'op a' has no operators"),
        ({"vertices": (vertex(A, 0),)}, "parallelism 0 of 'op a' is not within 1 and its max parallelism 128"),
        ({"vertices": (vertex(A, 129),)}, "parallelism 129 of 'op a' is not within 1 and its max parallelism 128"),
        ({"vertices": (replace(vertex(A, 1), max_parallelism=40000),)}, "max parallelism 40000 of 'op a'"),
        ({"edges": (JobEdge(source=A, source_operator=0, target=C),)}, f"edge 0 .* unknown vertex {C}"),
        ({"edges": (JobEdge(source=B, source_operator=0, target=A),)}, "edge 0 .* leads backwards"),
        ({"edges": (JobEdge(source=A, source_operator=2, target=B),)}, "edge 0 .* unknown operator 2"),
    ],
)
def test_a_graph_that_cannot_run_is_refused_by_name(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_job_graph(replace(GRAPH, **changes))


def test_a_sound_graph_passes() -> None:
    check_job_graph(GRAPH)
