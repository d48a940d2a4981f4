"""What was in flight when an unaligned checkpoint was taken, in a form that another generation understands.

Channels are named by the vertices they join: ids of channels follow from edge numbers, which another version of the
program may give otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from penstock.checkpoint.handles import InFlightEdge
from penstock.exchange.header import Kind
from penstock.exchange.output_writer import Parked
from penstock.exchange.unaligned import WHOLE_INPUT, InFlight
from penstock.graph.job_graph import JobGraph
from penstock.graph.wiring import channel_source


class EdgeName(NamedTuple):
    """`nth`: of the edges that join the same."""

    source: str
    target: str
    input: int
    nth: int


@dataclass(frozen=True, slots=True)
class FormerChannel:
    """`other`: the subtask at its other end. `strategy` of its edge; `parallelism` of the vertex at the other end."""

    edge: EdgeName
    other: int
    strategy: str
    parallelism: int


class FormerElement(NamedTuple):
    """`channel`: its place in the list of channels; None: of the whole input."""

    channel: int | None
    kind: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class InFlightData:
    """In order."""

    channels: tuple[FormerChannel, ...] = ()
    elements: tuple[FormerElement, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.elements)

    @property
    def bytes(self) -> int:
        return sum(len(e.payload) for e in self.elements)

    def edges(self) -> set[InFlightEdge]:
        """Those with records."""
        used = {e.channel for e in self.elements if e.channel is not None and e.kind == Kind.DATA}
        channels = [self.channels[c] for c in used]
        return {InFlightEdge(source=c.edge.source, target=c.edge.target, strategy=c.strategy) for c in channels}


NOTHING = InFlightData()


def edge_names(graph: JobGraph) -> dict[EdgeName, int]:
    """Name -> number, of every edge."""
    names: dict[EdgeName, int] = {}
    for number, edge in enumerate(graph.edges):
        nth = sum(
            (e.source, e.target, e.target_input) == (edge.source, edge.target, edge.target_input)
            for e in graph.edges[:number]
        )
        names[EdgeName(edge.source, edge.target, edge.target_input, nth)] = number
    return names


def of_input(graph: JobGraph, elements: Sequence[InFlight]) -> InFlightData:
    """What a gate has recorded."""
    names = {number: name for name, number in edge_names(graph).items()}
    places: dict[int, int] = {}
    channels: list[FormerChannel] = []
    for channel in dict.fromkeys(e.channel for e in elements if e.channel != WHOLE_INPUT):
        number, producer = channel_source(channel)
        edge = graph.edges[number]
        places[channel] = len(channels)
        channels.append(FormerChannel(names[number], producer, edge.strategy, graph.vertex(edge.source).parallelism))
    return InFlightData(
        tuple(channels), tuple(FormerElement(places.get(e.channel), e.kind, e.payload) for e in elements)
    )


def of_output(graph: JobGraph, parked: Mapping[int, Sequence[Parked]]) -> InFlightData:
    """What waited for credit, by edge number."""
    names = {number: name for name, number in edge_names(graph).items()}
    channels: list[FormerChannel] = []
    elements: list[FormerElement] = []
    for number, waiting in parked.items():
        edge = graph.edges[number]
        places: dict[int, int] = {}
        for target, kind, payload in waiting:
            if target not in places:
                places[target] = len(channels)
                channels.append(
                    FormerChannel(names[number], target, edge.strategy, graph.vertex(edge.target).parallelism)
                )
            elements.append(FormerElement(places[target], kind, payload))
    return InFlightData(tuple(channels), tuple(elements))
