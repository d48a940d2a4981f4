"""Where a running job can be tapped: its edges, within chains and between them. Pure, so that all derive the same."""

from dataclasses import dataclass

from penstock.graph.job_graph import JobGraph, JobVertex


@dataclass(frozen=True, slots=True)
class TapPoint:
    """An edge. `vertex`: whose task samples it; `operator`: index of the producer in the chain, None between chains."""

    id: str  #: "edge-2", "op-0", "op-0-1"
    name: str  #: "Map -> Reduce (HASH)"
    vertex: str
    edge: int | None = None  #: number in `JobGraph.edges`
    operator: int | None = None
    tag: str | None = None  #: side output id, None for the main output

    @property
    def is_in_chain(self) -> bool:
        return self.operator is not None


class UnknownPoint(LookupError):  # noqa: N818 (a state of the world, as Flink's)
    """The vertex has no such edge. The message names those that it has."""


def points_of(graph: JobGraph, vertex_id: str) -> list[TapPoint]:
    """In the order of the flow: edges into the vertex, within its chain, out of it. KeyError: there is no such vertex.

    An edge between two vertices is a point of both; its consumer samples it.
    """
    vertex = graph.vertex(vertex_id)
    into = [edge_point(graph, number) for number, _ in graph.inputs(vertex_id)]
    out = [edge_point(graph, number) for number, edge in graph.outputs(vertex_id) if edge.target != vertex_id]
    return [*into, *_within(vertex), *out]


def sampled_by(graph: JobGraph, vertex_id: str) -> dict[str, TapPoint]:
    """The points that tasks of this vertex sample, by id."""
    return {point.id: point for point in points_of(graph, vertex_id) if point.vertex == vertex_id}


def find_point(graph: JobGraph, vertex_id: str, wanted: str | None) -> TapPoint:
    """By id, by name, or by the name of the operator before it; None: the last one. UnknownPoint: none, or several."""
    points = points_of(graph, vertex_id)
    if wanted is None and points:
        return points[-1]
    by_id = [p for p in points if p.id == wanted]
    named = [p for p in points if p.name == wanted] or [p for p in points if p.name.split(" -> ")[0] == wanted]
    found = by_id or named
    if len(found) == 1:
        return found[0]
    name = graph.vertex(vertex_id).name
    if not points:
        raise UnknownPoint(f"vertex {name!r} has no edges: nothing passes between operators there")
    there = ", ".join(f"{p.id} ({p.name})" for p in points)
    what = f"no edge {str(wanted)[:200]!r}" if not found else f"several edges {str(wanted)[:200]!r}"
    raise UnknownPoint(f"vertex {name!r} has {what}; it has {there}")


def edge_point(graph: JobGraph, number: int) -> TapPoint:
    """Of the edge with this number."""
    edge = graph.edges[number]
    source, target = graph.vertex(edge.source), graph.vertex(edge.target)
    detail = edge.strategy if edge.tag is None else f"{edge.strategy}, side output {edge.tag}"
    name = f"{source.operators[edge.source_operator].name} -> {target.operators[0].name} ({detail})"
    return TapPoint(f"edge-{number}", name, edge.target, edge=number, tag=edge.tag)


def _within(vertex: JobVertex) -> list[TapPoint]:
    points: list[TapPoint] = []
    for index, node in enumerate(vertex.operators):
        targets: dict[str | None, list[str]] = {}
        for output in node.outputs:
            targets.setdefault(output.tag, []).append(vertex.operators[output.target].name)
        for number, (tag, names) in enumerate((t, n) for t, n in targets.items() if t is not None):
            detail = f" (side output {tag})"
            name = f"{node.name} -> {', '.join(names)}{detail}"
            points.append(TapPoint(f"op-{index}-{number}", name, vertex.id, operator=index, tag=tag))
        if None in targets:
            name = f"{node.name} -> {', '.join(targets[None])}"
            points.append(TapPoint(f"op-{index}", name, vertex.id, operator=index))
    return points
