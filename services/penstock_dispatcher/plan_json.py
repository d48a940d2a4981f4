"""The `plan` of `/jobs/:id` and `/jobs/:id/plan`: one node a JobVertex, as Flink's `JsonPlanGenerator` writes it."""

import html
from typing import Any

from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex


def job_plan(graph: JobGraph) -> dict[str, Any]:
    """Nodes in topological order; their ids are the vertices'."""
    return {
        "jid": graph.job_id,
        "name": graph.name,
        "type": graph.job_type,
        "nodes": [_node(graph, vertex) for vertex in graph.vertices],
    }


def _node(graph: JobGraph, vertex: JobVertex) -> dict[str, Any]:
    node: dict[str, Any] = {
        "id": vertex.id,
        "parallelism": vertex.parallelism,
        "operator": "",
        "operator_strategy": "",
        "description": _description(vertex),
        "optimizer_properties": {},
    }
    inputs = [_input(number, edge) for number, (_, edge) in enumerate(graph.inputs(vertex.id))]
    return {**node, "inputs": inputs} if inputs else node


def _input(number: int, edge: JobEdge) -> dict[str, Any]:
    return {"num": number, "id": edge.source, "ship_strategy": edge.strategy, "exchange": "pipelined_bounded"}


def _description(vertex: JobVertex) -> str:
    """The chain as a tree: `Source: lines<br/>+- Flat Map<br/>`."""
    first, *others = (html.escape(o.description or o.name) for o in vertex.operators)
    return "".join((f"{first}<br/>", *(f"+- {name}<br/>" for name in others)))
