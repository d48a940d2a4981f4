"""Which vertices may be restarted by themselves: those whose output a replay of their input repeats. Pure.

Source of the rules: docs/exchange.md, "Task-local failover".
"""

from collections.abc import Iterator

from penstock.graph.job_graph import JobGraph


def why_not_replayable(graph: JobGraph, vertex_id: str, *, functions_declared: bool = False) -> str | None:
    """Why a subtask of the vertex cannot be restarted alone; None: it can.

    `functions_declared`: the job says of all of its functions that they are deterministic. What emits nothing to others
    of the job may do as it likes.
    """
    if not graph.outputs(vertex_id):
        return None
    for operator in graph.vertex(vertex_id).operators:
        if not operator.deterministic:
            return f"{operator.name}: {operator.why_not or 'its client did not say whether a replay repeats it'}"
    for _, edge in graph.outputs(vertex_id):
        if edge.why_not:
            return f"partition_custom: {edge.why_not}"
    undeclared = [] if functions_declared else list(_undeclared(graph, vertex_id))
    if undeclared:
        return f"not declared deterministic: {', '.join(undeclared)}"
    return None


def _undeclared(graph: JobGraph, vertex_id: str) -> Iterator[str]:
    for operator in graph.vertex(vertex_id).operators:
        yield from (f"{function} of {operator.name}" for function in operator.undeclared)
    for _, edge in graph.outputs(vertex_id):
        yield from (f"{function} of partition_custom" for function in edge.undeclared)
