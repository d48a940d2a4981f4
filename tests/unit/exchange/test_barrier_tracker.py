"""Checkpoints at least once: barriers are counted, and nothing waits for them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.checkpoint.options import CheckpointOptions
from penstock.exchange import BarrierEvent, BatchEvent, LocalExchange
from penstock.exchange.barrier_tracker import MOST, BarrierTracker
from penstock.exchange.elements import CancelCheckpoint, CheckpointBarrier, EndOfInput
from penstock.exchange.events import AllEnded, CancelEvent, InputEnded
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex

AT_LEAST_ONCE = CheckpointOptions(directory="d", exactly_once=False)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6), st.sampled_from(["barrier", "end", "cancel"]))))
def test_it_agrees_with_counting(steps: list[tuple[int, int, str]]) -> None:
    tracker = BarrierTracker(range(3))
    seen: dict[int, set[int]] = {n: set() for n in range(1, 7)}
    ended: set[int] = set()
    done = 0
    for channel, checkpoint, kind in steps:
        match kind:
            case "barrier":
                got = tracker.barrier(channel, checkpoint)
                seen[checkpoint].add(channel)
            case "end":
                got = tracker.end(channel)
                ended.add(channel)
            case _:
                tracker.cancel(checkpoint)
                got, done = None, max(done, checkpoint)
        complete = [n for n in seen if n > done and seen[n] and seen[n] | ended == {0, 1, 2}]
        expected = max(complete, default=None) if kind != "cancel" else None
        assert got == expected
        done = max(done, expected or 0)


def test_it_remembers_no_more_than_it_has_to() -> None:
    tracker = BarrierTracker(range(2))
    for n in range(1, MOST + 11):
        assert tracker.barrier(0, n) is None
    assert tracker.pending == tuple(range(11, MOST + 11))
    assert tracker.barrier(1, MOST + 5) == MOST + 5
    assert tracker.pending == tuple(range(MOST + 6, MOST + 11))


def _joined() -> Any:
    vertices = tuple(JobVertex(id=v, name=v, operators=(), parallelism=1, max_parallelism=128) for v in "abc")
    edges = tuple(
        JobEdge(source=s, source_operator=0, target="c", target_input=i, strategy="REBALANCE")
        for i, s in enumerate("ab")
    )
    exchange = LocalExchange(JobGraph(job_id="0" * 32, name="j", vertices=vertices, edges=edges))
    gate = exchange.input_gate("c", 0)
    return exchange.writers("a", 0, 0)[0], exchange.writers("b", 0, 0)[1], gate


def _events(gate: Any) -> list[Any]:
    events: list[Any] = []
    while (event := gate.poll()) is not None:
        events += event.batch.values if isinstance(event, BatchEvent) else [event]
    return events


def test_a_gate_does_not_hold_what_is_behind_a_counted_barrier() -> None:
    a, b, gate = _joined()
    a.broadcast(CheckpointBarrier(1, AT_LEAST_ONCE))
    a.emit(0, ["behind"])
    a.broadcast(CheckpointBarrier(2, AT_LEAST_ONCE))
    assert _events(gate) == ["behind"]
    b.broadcast(CheckpointBarrier(1, AT_LEAST_ONCE))
    assert _events(gate) == [BarrierEvent(1, AT_LEAST_ONCE)]
    b.broadcast(CheckpointBarrier(2, AT_LEAST_ONCE))
    assert _events(gate) == [BarrierEvent(2, AT_LEAST_ONCE)]


def test_a_counted_checkpoint_that_the_end_overtook_says_so() -> None:
    a, b, gate = _joined()
    a.broadcast(CheckpointBarrier(1, AT_LEAST_ONCE))
    a.broadcast(EndOfInput())
    assert _events(gate) == [InputEnded(0)]
    b.broadcast(EndOfInput())
    assert _events(gate) == [InputEnded(1), AllEnded(), BarrierEvent(1, AT_LEAST_ONCE, overtaken=True)]
    a.broadcast(CheckpointBarrier(2, AT_LEAST_ONCE))
    assert _events(gate) == [BarrierEvent(2, AT_LEAST_ONCE)]


def test_a_cancel_forgets_counted_barriers() -> None:
    a, b, gate = _joined()
    a.broadcast(CheckpointBarrier(1, AT_LEAST_ONCE))
    b.broadcast(CancelCheckpoint(1, 1))
    b.broadcast(CheckpointBarrier(1, AT_LEAST_ONCE))
    assert _events(gate) == [CancelEvent(1, 1)]
