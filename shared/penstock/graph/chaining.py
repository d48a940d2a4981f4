"""Which operators run as one task. Source: Flink's `StreamingJobGraphGenerator.isChainable`."""

from dataclasses import dataclass, field

from penstock.graph.stream_graph import StreamEdge, StreamGraph


@dataclass(frozen=True, slots=True)
class Chain:
    """Node ids in depth-first order; `nodes[0]` is the head. `inner` are the edges within."""

    nodes: list[int] = field(default_factory=list)
    inner: list[StreamEdge] = field(default_factory=list)


def is_chainable(graph: StreamGraph, edge: StreamEdge) -> bool:
    """Whether the edge's target runs in the chain of its source."""
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    return (
        graph.settings.is_chaining_enabled
        and len(target.inputs) == 1
        and edge.strategy == "FORWARD"
        and source.parallelism == target.parallelism
        and source.slot_sharing_group == target.slot_sharing_group
        and source.chaining != "NEVER"
        and target.chaining == "ALWAYS"
        and (source.max_parallelism == target.max_parallelism or graph.settings.chains_different_max_parallelism)
    )


def chains(graph: StreamGraph) -> list[Chain]:
    """All chains, in the order of their heads' ids: a topological one."""
    found = []
    for node in graph.nodes.values():
        if not (node.inputs and is_chainable(graph, node.inputs[0])):
            chain = Chain()
            _extend(graph, node.id, chain)
            found.append(chain)
    return found


def _extend(graph: StreamGraph, node_id: int, chain: Chain) -> None:
    chain.nodes.append(node_id)
    for edge in graph.outputs(node_id):
        if is_chainable(graph, edge):
            chain.inner.append(edge)
            _extend(graph, edge.target, chain)


def chain_name(graph: StreamGraph, chain: Chain) -> str:
    """`Source: a -> b`, `a -> (b -> c, d)`: as Flink joins the names of a chain."""

    def joined(node_id: int) -> str:
        outputs = [joined(e.target) for e in chain.inner if e.source == node_id]
        name = graph.nodes[node_id].name
        if len(outputs) > 1:
            return f"{name} -> ({', '.join(outputs)})"
        return f"{name} -> {outputs[0]}" if outputs else name

    return joined(chain.nodes[0])
