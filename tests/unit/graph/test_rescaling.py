"""A JobGraph at another parallelism: what changes together, what stays, what is refused."""

import json

import pytest
from msgspec.structs import replace

from penstock.datastream import StreamExecutionEnvironment
from penstock.graph.execution_graph import check_job_graph
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.graph.rescaling import default_parallelism, parallelisms, rescaled, resized

A, B, C, D = "a" * 32, "b" * 32, "c" * 32, "d" * 32


def vertex(id: str, parallelism: int, max_parallelism: int = 128, is_parallel: bool = True) -> JobVertex:
    node = OperatorNode(id=id, name=f"op-{id[0]}", spec="0" * 64)
    return JobVertex(
        id=id,
        name=f"op-{id[0]}",
        operators=(node,),
        parallelism=parallelism,
        max_parallelism=max_parallelism,
        is_parallel=is_parallel,
    )


def graph(*vertices: JobVertex, strategies: tuple[str, ...] = ()) -> JobGraph:
    edges = tuple(
        JobEdge(source=s.id, source_operator=0, target=t.id, strategy=strategy)  # type: ignore[arg-type]
        for s, t, strategy in zip(vertices, vertices[1:], strategies or ("HASH",) * 9, strict=False)
    )
    plan = json.dumps({"nodes": [{"id": 1, "type": v.name, "parallelism": v.parallelism} for v in vertices]})
    return JobGraph(job_id="1" * 32, name="j", vertices=vertices, edges=edges, plan=plan)


def test_all_vertices_at_the_default_parallelism_change_together() -> None:
    found = rescaled(graph(vertex(A, 2), vertex(B, 2), vertex(C, 2)), 5)
    check_job_graph(found)
    assert parallelisms(found) == {A: 5, B: 5, C: 5}
    assert [node["parallelism"] for node in json.loads(found.plan)["nodes"]] == [5, 5, 5]


def test_what_has_a_parallelism_of_its_own_or_is_one_by_nature_stays() -> None:
    made = graph(vertex(A, 1, is_parallel=False), vertex(B, 4), vertex(C, 2), vertex(D, 1, max_parallelism=1))
    assert parallelisms(rescaled(made, 3)) == {A: 1, B: 3, C: 2, D: 1}
    assert parallelisms(rescaled(made, 128)) == {A: 1, B: 128, C: 2, D: 1}


def test_from_one_everything_parallel_grows() -> None:
    made = graph(vertex(A, 1, is_parallel=False), vertex(B, 1), vertex(C, 1))
    assert default_parallelism(made) == 1
    assert parallelisms(rescaled(made, 4)) == {A: 1, B: 4, C: 4}


def test_a_forward_edge_between_unequals_becomes_rebalance_and_others_stay() -> None:
    made = graph(vertex(A, 1, is_parallel=False), vertex(B, 1), vertex(C, 1), strategies=("FORWARD", "FORWARD"))
    assert [e.strategy for e in rescaled(made, 2).edges] == ["REBALANCE", "FORWARD"]
    down = graph(vertex(B, 2), vertex(C, 2), strategies=("RESCALE",))
    assert [e.strategy for e in rescaled(down, 1).edges] == ["RESCALE"]


def test_there_and_back_is_the_same() -> None:
    made = graph(vertex(A, 2), vertex(B, 2), strategies=("FORWARD",))
    made = replace(made, plan='{\n  "nodes": []\n}', configuration={"parallelism.default": "2"})
    assert rescaled(rescaled(made, 3), 2) == made
    assert parallelisms(resized(rescaled(made, 3), parallelisms(made))) == parallelisms(made)


def test_what_was_left_alone_once_is_left_alone_also_where_the_default_has_come_to_it() -> None:
    made = graph(vertex(A, 4), vertex(B, 1), vertex(C, 4))
    one = rescaled(made, 1)
    assert parallelisms(one) == {A: 1, B: 1, C: 1}
    assert parallelisms(rescaled(one, 3)) == {A: 3, B: 1, C: 3}


def test_the_configured_default_counts_before_the_highest() -> None:
    made = replace(graph(vertex(A, 2), vertex(B, 8)), configuration={"parallelism.default": "2"})
    assert parallelisms(rescaled(made, 4)) == {A: 4, B: 8}
    assert parallelisms(rescaled(rescaled(made, 8), 3)) == {A: 3, B: 8}


@pytest.mark.parametrize(
    ("parallelism", "reason"),
    [(0, "at least 1 is needed, not 0"), (5, "parallelism 5 is above the maximum 4 of 'op-a'")],
)
def test_what_cannot_be_is_refused(parallelism: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        rescaled(graph(vertex(A, 2, max_parallelism=4)), parallelism)


def test_a_job_that_is_one_by_nature_cannot_be_rescaled() -> None:
    with pytest.raises(ValueError, match="none of its vertices is parallel"):
        rescaled(graph(vertex(A, 1, is_parallel=False), vertex(B, 1, max_parallelism=1)), 2)


def test_a_compiled_program_says_which_of_its_vertices_are_parallel() -> None:
    from penstock.graph.job_graph_generator import compile_job

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.from_collection([1, 2]).key_by(lambda x: x).map(lambda x: x).print()
    made = compile_job(env._stream_graph("words"), job_id="1" * 32, configuration={}).graph
    assert [v.is_parallel for v in made.vertices] == [False, True]
    assert [v.parallelism for v in rescaled(made, 3).vertices] == [1, 3]
