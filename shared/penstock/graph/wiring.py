"""Which subtask sends to which: pure functions of the JobGraph, so that every process derives the same channels."""

from penstock.graph.job_graph import POINTWISE, JobEdge, JobGraph


def consumers(graph: JobGraph, edge: JobEdge, producer: int) -> range:
    """The consumer subtasks that producer subtask `producer` of `edge` sends to.

    Pointwise as in Flink: with more consumers each producer serves a contiguous range, with more producers several
    share one.
    """
    up, down = graph.vertex(edge.source).parallelism, graph.vertex(edge.target).parallelism
    if edge.strategy not in POINTWISE:
        return range(down)
    if up >= down:
        return range(producer * down // up, producer * down // up + 1)
    return range(-(-producer * down // up), -(-(producer + 1) * down // up))


def producers(graph: JobGraph, edge: JobEdge, consumer: int) -> list[int]:
    """The producer subtasks that consumer subtask `consumer` of `edge` reads from, ascending."""
    up = graph.vertex(edge.source).parallelism
    return [p for p in range(up) if consumer in consumers(graph, edge, p)]


def channel_id(edge_number: int, producer: int) -> int:
    """The id of a channel within its consumer's input log: edge number and producing subtask."""
    return edge_number << 16 | producer


def channel_source(channel: int) -> tuple[int, int]:
    """The inverse of `channel_id`: (edge number, producing subtask)."""
    return channel >> 16, channel & 0xFFFF
