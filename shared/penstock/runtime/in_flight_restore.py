"""Who gets what was in flight, at any parallelism. Pure.

Where an edge is as it was, every element goes back to its channel. Else the records go to who owns their keys, or,
where an edge sends to anyone, to anyone; watermarks and statuses are left out then: the channels begin with the least
event time of the edge, and their producers tell them theirs again. Source: Flink's rules for rescaling channel state.
"""

from collections.abc import Iterator, Sequence

from penstock.checkpoint.errors import IncompatibleSavepoint
from penstock.exchange.elements import RecordBatch
from penstock.exchange.header import Kind
from penstock.exchange.output_writer import Parked
from penstock.exchange.serialization import BatchSerializer, loads
from penstock.exchange.unaligned import WHOLE_INPUT, InFlight
from penstock.graph.job_graph import JobGraph
from penstock.graph.key_groups import key_group, subtask_of
from penstock.graph.wiring import channel_id, consumers, producers
from penstock.runtime.in_flight import FormerChannel, edge_names
from penstock.runtime.snapshot import ChannelsSnapshot

#: strategies that may send a record to any consumer
ANYONE = frozenset({"REBALANCE", "RESCALE", "SHUFFLE"})


def restored_input(graph: JobGraph, vertex: str, subtask: int, former: Sequence[ChannelsSnapshot]) -> list[InFlight]:
    """What a new subtask takes before anything else. IncompatibleSavepoint: it cannot be shared out."""
    parallelism, most = graph.vertex(vertex).parallelism, graph.vertex(vertex).max_parallelism
    found: list[InFlight] = []
    turn = 0
    for snapshot in former:
        data, is_same = snapshot.input, snapshot.parallelism == parallelism
        for place, kind, payload in data.elements:
            if place is None:
                if is_same:
                    found.append(InFlight(WHOLE_INPUT, kind, payload))
                continue
            channel = data.channels[place]
            number = _edge_number(graph, channel)
            own = producers(graph, graph.edges[number], subtask)
            if (
                is_same
                and channel.parallelism == graph.vertex(channel.edge.source).parallelism
                and channel.other in own
            ):
                found.append(InFlight(channel_id(number, channel.other), kind, payload))
                continue
            if kind != Kind.DATA:
                continue
            if is_same:
                parts = [(subtask, payload)]
            elif channel.strategy in ANYONE:
                parts, turn = [(turn % parallelism, payload)], turn + 1
            else:
                parts = list(_parts(channel, payload, vertex, parallelism, most))
            found += [InFlight(channel_id(number, own[0]), kind, part) for target, part in parts if target == subtask]
    return found


def restored_output(
    graph: JobGraph, vertex: str, subtask: int, former: Sequence[ChannelsSnapshot]
) -> list[tuple[int, Parked]]:
    """What a new subtask sends before anything else, with the number of the edge. IncompatibleSavepoint likewise."""
    parallelism = graph.vertex(vertex).parallelism
    found: list[tuple[int, Parked]] = []
    turn = subtask
    for snapshot in former:
        is_same = snapshot.parallelism == parallelism
        if not is_same and snapshot.subtask % parallelism != subtask:
            continue
        data = snapshot.output
        for place, kind, payload in data.elements:
            assert place is not None, "output has a channel"
            channel = data.channels[place]
            number = _edge_number(graph, channel)
            edge, target = graph.edges[number], graph.vertex(channel.edge.target)
            to = consumers(graph, edge, subtask)
            is_unchanged = channel.parallelism == target.parallelism and channel.other in to
            if is_same and is_unchanged:
                found.append((number, Parked(channel.other, kind, payload)))
            elif kind != Kind.DATA:
                continue
            elif channel.strategy in ANYONE:
                found.append((number, Parked(to[turn % len(to)], kind, payload)))
                turn += 1
            elif is_unchanged:
                found.append((number, Parked(channel.other, kind, payload)))
            else:
                parts = _parts(channel, payload, target.id, target.parallelism, target.max_parallelism)
                found += [(number, Parked(consumer, kind, part)) for consumer, part in parts]
    return found


def _edge_number(graph: JobGraph, channel: FormerChannel) -> int:
    number = edge_names(graph).get(channel.edge)
    if number is None:
        raise IncompatibleSavepoint(
            f"records were in flight from vertex {channel.edge.source} to {channel.edge.target}, which the job does "
            "not join any more: change a program from a savepoint, in which nothing is in flight"
        )
    return number


def _parts(
    channel: FormerChannel, payload: bytes, vertex: str, parallelism: int, max_parallelism: int
) -> Iterator[tuple[int, bytes]]:
    """(consumer, its records)"""
    if channel.strategy == "GLOBAL":
        yield 0, payload
        return
    batch = loads(payload)
    if channel.strategy != "HASH" or batch.keys is None:
        raise IncompatibleSavepoint(
            f"records were in flight on a {channel.strategy} edge into vertex {vertex}, whose parallelism cannot "
            "change then: restore it at the parallelism it had, or start from a savepoint, where nothing is in flight"
        )
    by_target: dict[int, list[int]] = {}
    for at, key in enumerate(batch.keys):
        target = subtask_of(key_group(key, max_parallelism), parallelism, max_parallelism)
        by_target.setdefault(target, []).append(at)
    serializer = BatchSerializer(f"into vertex {vertex}")
    for target, rows in by_target.items():
        yield target, serializer.dumps(_rows(batch, rows))


def _rows(batch: RecordBatch, rows: Sequence[int]) -> RecordBatch:
    return RecordBatch(
        [batch.values[at] for at in rows],
        None if batch.timestamps is None else [batch.timestamps[at] for at in rows],
        None if batch.keys is None else [batch.keys[at] for at in rows],
    )
