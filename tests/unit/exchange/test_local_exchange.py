from typing import Any

import pytest

from penstock.exchange import (
    AllEnded,
    BarrierEvent,
    BatchEvent,
    CancelEvent,
    InputEnded,
    LocalExchange,
    WatermarkEvent,
)
from penstock.exchange.elements import CancelCheckpoint, CheckpointBarrier, EndOfInput, Watermark
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex


def _graph(edges: list[tuple[str, str, int]], parallelism: dict[str, int]) -> JobGraph:
    vertices = tuple(
        JobVertex(id=v, name=v, operators=(), parallelism=n, max_parallelism=128) for v, n in parallelism.items()
    )
    made = tuple(
        JobEdge(source=s, source_operator=0, target=t, target_input=i, strategy="REBALANCE") for s, t, i in edges
    )
    return JobGraph(job_id="0" * 32, name="j", vertices=vertices, edges=made)


def _events(gate: Any) -> list[Any]:
    events: list[Any] = []
    while (event := gate.poll()) is not None:
        events += [(event.input, v) for v in event.batch.values] if isinstance(event, BatchEvent) else [event]
    return events


@pytest.fixture
def joined() -> tuple[Any, Any, Any]:
    """Writers of two producers, and the gate of the two-input operator that they lead into."""
    exchange = LocalExchange(_graph([("a", "c", 0), ("b", "c", 1)], {"a": 1, "b": 1, "c": 1}))
    gate = exchange.input_gate("c", 0)
    return exchange.writers("a", 0, 0)[0], exchange.writers("b", 0, 0)[1], gate


def test_every_input_is_told_apart_and_ends_by_itself(joined: tuple[Any, Any, Any]) -> None:
    a, b, gate = joined
    a.emit(0, [1])
    b.emit(0, [2])
    a.broadcast(EndOfInput())
    assert sorted(_events(gate), key=str) == [(0, 1), (1, 2), InputEnded(0)]
    assert not gate.has_ended
    b.broadcast(EndOfInput())
    assert _events(gate) == [InputEnded(1), AllEnded()]
    assert gate.has_ended


def test_barriers_are_aligned(joined: tuple[Any, Any, Any]) -> None:
    a, b, gate = joined
    a.emit(0, [1])
    a.broadcast(CheckpointBarrier(1))
    a.emit(0, [2])
    b.emit(0, [10])
    assert sorted(_events(gate)) == [(0, 1), (1, 10)]
    b.broadcast(CheckpointBarrier(1))
    b.emit(0, [11])
    events = _events(gate)
    assert events[0] == BarrierEvent(1)
    assert sorted(events[1:]) == [(0, 2), (1, 11)]


def test_a_cancel_releases_an_alignment_and_is_passed_on_once(joined: tuple[Any, Any, Any]) -> None:
    a, b, gate = joined
    a.broadcast(CheckpointBarrier(1))
    a.emit(0, [2])
    assert _events(gate) == []
    b.broadcast(CancelCheckpoint(1, 1))
    assert _events(gate) == [CancelEvent(1, 1), (0, 2)]
    a.broadcast(CancelCheckpoint(1, 1))
    b.broadcast(CheckpointBarrier(1))
    assert _events(gate) == []


def test_a_newer_barrier_takes_the_place_of_an_alignment(joined: tuple[Any, Any, Any]) -> None:
    a, b, gate = joined
    a.broadcast(CheckpointBarrier(1))
    a.emit(0, [1])
    a.broadcast(CheckpointBarrier(2))
    b.broadcast(CheckpointBarrier(2))
    b.emit(0, [10])
    assert _events(gate) == [(0, 1), BarrierEvent(2), (1, 10)]


def test_an_input_that_ended_is_not_waited_for(joined: tuple[Any, Any, Any]) -> None:
    a, b, gate = joined
    a.broadcast(EndOfInput())
    b.broadcast(CheckpointBarrier(1))
    assert set(_events(gate)) == {InputEnded(0), BarrierEvent(1)}


def test_watermarks_come_by_the_slowest_channel(joined: tuple[Any, Any, Any]) -> None:
    a, b, gate = joined
    a.broadcast(Watermark(5))
    b.broadcast(Watermark(3))
    a.broadcast(EndOfInput())
    assert _events(gate) == [WatermarkEvent(3), InputEnded(0)]
    b.broadcast(Watermark(9))
    assert _events(gate) == [WatermarkEvent(9)]


def test_a_source_has_a_gate_without_channels() -> None:
    exchange = LocalExchange(_graph([("a", "b", 0)], {"a": 1, "b": 1}))
    gate = exchange.input_gate("a", 0)
    assert gate.poll() is None and gate.has_ended
    assert exchange.writers("b", 0, 0) == {}


def test_a_writer_reaches_all_consumers_of_its_edge() -> None:
    exchange = LocalExchange(_graph([("a", "b", 0)], {"a": 2, "b": 3}))
    gates = [exchange.input_gate("b", i) for i in range(3)]
    for producer in range(2):
        writer = exchange.writers("a", producer, 0)[0]
        assert writer.targets == [0, 1, 2]
        for i in range(3):
            writer.emit(i, [(producer, i)])
        writer.broadcast(EndOfInput())
    for i, gate in enumerate(gates):
        events = _events(gate)
        assert sorted(e[1] for e in events if isinstance(e, tuple)) == [(0, i), (1, i)]
        assert events[-1] == AllEnded()
    assert exchange.sockets() == [] and exchange.next_deadline() is None
