"""A JobGraph at another parallelism: what `penstock rescale` goes on with. Chains stay as they are."""

import json

from msgspec.structs import replace

from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex


def rescaled(graph: JobGraph, parallelism: int) -> JobGraph:
    """The graph with `parallelism` where it has its default one: the highest of its vertices that are parallel at all.

    Vertices at another parallelism keep it. A FORWARD edge that no longer joins equals becomes REBALANCE, as it would
    have been compiled. ValueError names what cannot be.
    """
    if parallelism < 1:
        raise ValueError(f"a parallelism of at least 1 is needed, not {parallelism}")
    changing = {vertex.id for vertex in graph.vertices if _changes(graph, vertex)}
    if not changing:
        raise ValueError(f"job {graph.job_id} cannot be rescaled: none of its vertices is parallel")
    for vertex in graph.vertices:
        if vertex.id in changing and parallelism > vertex.max_parallelism:
            raise ValueError(
                f"parallelism {parallelism} is above the maximum {vertex.max_parallelism} of {vertex.name!r}, which is "
                "fixed for the life of the job (pipeline.max-parallelism)"
            )
    return resized(graph, dict.fromkeys(changing, parallelism))


def parallelisms(graph: JobGraph) -> dict[str, int]:
    """Vertex -> its parallelism."""
    return {vertex.id: vertex.parallelism for vertex in graph.vertices}


def resized(graph: JobGraph, parallelism: dict[str, int]) -> JobGraph:
    """The graph with these parallelisms; vertices that are not named keep theirs."""
    vertices = tuple(replace(v, parallelism=parallelism.get(v.id, v.parallelism)) for v in graph.vertices)
    made = replace(graph, vertices=vertices)
    return replace(made, edges=tuple(_edge(made, edge) for edge in graph.edges), plan=_plan(graph, made))


def default_parallelism(graph: JobGraph) -> int:
    """The highest parallelism of the vertices that are parallel at all; 0 where none is."""
    return max((v.parallelism for v in graph.vertices if _is_parallel(v)), default=0)


def _changes(graph: JobGraph, vertex: JobVertex) -> bool:
    return _is_parallel(vertex) and vertex.parallelism == default_parallelism(graph)


def _is_parallel(vertex: JobVertex) -> bool:
    return vertex.is_parallel and vertex.max_parallelism > 1


def _edge(graph: JobGraph, edge: JobEdge) -> JobEdge:
    if edge.strategy != "FORWARD":
        return edge
    equal = graph.vertex(edge.source).parallelism == graph.vertex(edge.target).parallelism
    return edge if equal else replace(edge, strategy="REBALANCE")


def _plan(before: JobGraph, after: JobGraph) -> str:
    """The plan's nodes at their new parallelism. They have no vertex ids: name and parallelism join them."""
    changed = {
        (operator.name, vertex.parallelism): after.vertex(vertex.id).parallelism
        for vertex in before.vertices
        for operator in vertex.operators
    }
    plan = json.loads(before.plan)
    for node in plan.get("nodes", []):
        was = node["parallelism"]
        node["parallelism"] = changed.get((node["type"], was), was)
    return json.dumps(plan, indent=2)
