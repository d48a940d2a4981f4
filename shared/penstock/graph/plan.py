"""The plan of a StreamGraph as JSON, in the shape of Flink's `JSONGenerator`: what `env.get_execution_plan()` gives."""

import json
from typing import Any

from penstock.graph.stream_graph import StreamGraph, StreamNode


def execution_plan(graph: StreamGraph) -> str:
    """JSON text: `nodes` with id, type, pact, contents, parallelism and predecessors; sinks last."""
    nodes = sorted(graph.nodes.values(), key=lambda node: (node.is_sink, node.id))
    return json.dumps({"nodes": [_node(node) for node in nodes]}, indent=2)


def _node(node: StreamNode) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": node.id,
        "type": node.name,
        "pact": "Data Source" if node.is_source else "Data Sink" if node.is_sink else "Operator",
        "contents": node.description or node.name,
        "parallelism": node.parallelism,
    }
    if node.inputs:
        described["predecessors"] = [
            {"id": e.source, "ship_strategy": e.strategy, "side": "second"} for e in node.inputs
        ]
    return described
