"""Which channels a subtask has, by the wiring of the JobGraph: pure, so that both ends derive the same."""

from penstock.exchange.channel import InputChannel
from penstock.graph.job_graph import JobEdge, JobGraph
from penstock.graph.key_groups import stable_hash
from penstock.graph.wiring import channel_id, channel_source, producers


def input_channels(graph: JobGraph, vertex: str, subtask: int) -> dict[int, InputChannel]:
    """Channel id -> its state at the beginning, for all inputs of a subtask."""
    return {
        channel_id(number, p): InputChannel(
            f"channel {describe(graph, number, edge, p)} -> {subtask}", edge.target_input
        )
        for number, edge in graph.inputs(vertex)
        for p in producers(graph, edge, subtask)
    }


def producer_of(graph: JobGraph, channel: int) -> tuple[str, int]:
    """(vertex, subtask) at the producing end of a channel."""
    number, producer = channel_source(channel)
    return graph.edges[number].source, producer


def exchange_number(job: str, generation: int, vertex: str, subtask: int, exchanges: int) -> int:
    """Which of the job's exchange Redises holds the input log of a subtask."""
    return stable_hash((job, generation, vertex, subtask)) % exchanges


def buffer_timeout(edge: JobEdge) -> float | None:
    """Seconds; None where batches leave only when full or idle."""
    return None if edge.buffer_timeout_ms < 0 else edge.buffer_timeout_ms / 1000


def describe(graph: JobGraph, number: int, edge: JobEdge, producer: int) -> str:
    """For messages."""
    return f"{number} ({graph.vertex(edge.source).name!r} subtask {producer} -> {graph.vertex(edge.target).name!r})"
