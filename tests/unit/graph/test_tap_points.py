"""Which edges can be tapped, and how they are named."""

import pytest

from penstock.graph.job_graph import ChainedOutput, JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.graph.tap_points import UnknownPoint, find_point, points_of, sampled_by

A, B = "a" * 32, "b" * 32


def node(name: str, *outputs: ChainedOutput) -> OperatorNode:
    return OperatorNode(id="0" * 32, name=name, spec="", outputs=outputs)


def graph() -> JobGraph:
    first = (
        node("Source", ChainedOutput(target=1)),
        node("Split", ChainedOutput(target=2), ChainedOutput(target=3), ChainedOutput(target=3, tag="late")),
        node("Map"),
        node("Sink: late"),
    )
    return JobGraph(
        job_id="0" * 32,
        name="j",
        vertices=(
            JobVertex(id=A, name="Source -> Split", operators=first, parallelism=2, max_parallelism=128),
            JobVertex(id=B, name="Join", operators=(node("Join"),), parallelism=3, max_parallelism=128),
        ),
        edges=(
            JobEdge(source=A, source_operator=2, target=B, strategy="HASH"),
            JobEdge(source=A, source_operator=1, target=B, target_input=1, tag="late"),
        ),
    )


def test_points_are_the_edges_in_the_order_of_the_flow() -> None:
    assert [(p.id, p.name, p.vertex) for p in points_of(graph(), A)] == [
        ("op-0", "Source -> Split", A),
        ("op-1-0", "Split -> Sink: late (side output late)", A),
        ("op-1", "Split -> Map, Sink: late", A),
        ("edge-0", "Map -> Join (HASH)", B),
        ("edge-1", "Split -> Join (FORWARD, side output late)", B),
    ]
    assert [(p.id, p.edge, p.is_in_chain) for p in points_of(graph(), B)] == [
        ("edge-0", 0, False),
        ("edge-1", 1, False),
    ]
    assert set(sampled_by(graph(), A)) == {"op-0", "op-1", "op-1-0"}
    assert set(sampled_by(graph(), B)) == {"edge-0", "edge-1"}


def test_a_point_is_found_by_id_name_or_operator() -> None:
    for wanted in ("op-0", "Source -> Split", "Source"):
        assert find_point(graph(), A, wanted).id == "op-0"
    assert find_point(graph(), A, "edge-0").vertex == B
    assert find_point(graph(), A, None).id == "edge-1", "the last one"


def test_what_is_none_or_several_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownPoint, match=r"no edge 'edge-7'; it has op-0 \(Source -> Split\)"):
        find_point(graph(), A, "edge-7")
    with pytest.raises(UnknownPoint, match="several edges 'Split'"):
        find_point(graph(), A, "Split")
    with pytest.raises(KeyError, match="no vertex"):
        points_of(graph(), "c" * 32)


def test_a_vertex_without_edges_says_so() -> None:
    alone = JobVertex(id=A, name="Alone", operators=(node("Alone"),), parallelism=1, max_parallelism=1)
    lonely = JobGraph(job_id="0" * 32, name="j", vertices=(alone,), edges=())
    with pytest.raises(UnknownPoint, match="'Alone' has no edges"):
        find_point(lonely, A, None)
