"""Barriers through real logs: what waits behind one stays in Redis and comes back in order."""

from typing import Any

import pytest

from penstock.checkpoint.options import CheckpointOptions
from penstock.exchange import ExchangeLost
from penstock.exchange.elements import CancelCheckpoint, CheckpointBarrier, EndOfInput
from penstock.exchange.events import AllEnded, BarrierEvent, BatchEvent, CancelEvent, InputEnded
from penstock.exchange.log_admin import cancel_checkpoint

pytestmark = pytest.mark.contract


def _poll_into(rig: Any, seen: list[Any]) -> None:
    while (event := rig.gates[0].poll()) is not None:
        seen += event.batch.values if isinstance(event, BatchEvent) else [event]


def _until(rig: Any, seen: list[Any], last: Any) -> None:
    def done() -> bool:
        _poll_into(rig, seen)
        return bool(seen) and seen[-1] == last

    rig.run(done, consume=False)


def _sent(rig: Any, index: int, *what: Any) -> None:
    """Emit values and control elements, each in an entry of its own, and wait until they are in the log."""
    writer = rig.writers[index]
    for element in what:
        if isinstance(element, str):
            writer.emit(0, [element])
        else:
            writer.broadcast(element)
    rig.run(lambda: writer.is_drained, consume=False)


def test_entries_behind_an_early_barrier_wait_in_redis(make_rig: Any) -> None:
    rig = make_rig(producers=2)
    seen: list[Any] = []
    _sent(rig, 0, "a1", CheckpointBarrier(1), "a2", CheckpointBarrier(2), "a3")
    _sent(rig, 1, "b1")
    _until(rig, seen, "b1")
    assert seen == ["a1", "b1"]
    rig.run_for(0.2, consume=False)  # long enough for credit to be published and the log to be trimmed
    log = rig.b._links[0].writing.inlets[0].log
    assert not log._entries and not log._again, "what is held must not stay in memory"
    _sent(rig, 1, CheckpointBarrier(1), "b2")
    _until(rig, seen, "b2")
    assert seen == ["a1", "b1", BarrierEvent(1), "a2", "b2"]
    _sent(rig, 1, CheckpointBarrier(2), EndOfInput())
    _sent(rig, 0, EndOfInput())
    _until(rig, seen, AllEnded())
    assert seen[5:] == [BarrierEvent(2), "a3", InputEnded(0), AllEnded()]


def test_barriers_carry_the_options_of_their_checkpoint(make_rig: Any) -> None:
    rig = make_rig(producers=2)
    seen: list[Any] = []
    options = CheckpointOptions(directory="/d/chk-1", savepoint=True, stop="suspend", timestamp=7)
    for n in range(2):
        _sent(rig, n, CheckpointBarrier(1, options))
    _until(rig, seen, BarrierEvent(1, options))
    assert seen == [BarrierEvent(1, options)]


def test_counted_barriers_hold_nothing_back(make_rig: Any) -> None:
    rig = make_rig(producers=2)
    seen: list[Any] = []
    options = CheckpointOptions(directory="/d/chk-1", exactly_once=False)
    _sent(rig, 0, CheckpointBarrier(1, options), "a1", CheckpointBarrier(2, options), "a2")
    _until(rig, seen, "a2")
    assert seen == ["a1", "a2"]
    _sent(rig, 1, CheckpointBarrier(1, options), CheckpointBarrier(2, options))
    _until(rig, seen, BarrierEvent(2, options))
    assert seen[2:] == [BarrierEvent(1, options), BarrierEvent(2, options)]


def test_the_alignment_is_measured(make_rig: Any) -> None:
    rig = make_rig(producers=2)
    _sent(rig, 0, CheckpointBarrier(1))
    rig.run_for(0.1, consume=False)
    event = rig.gates[0].poll()
    assert event is None
    _sent(rig, 1, "b" * 1000, CheckpointBarrier(1))
    events: list[Any] = []
    while not events or not isinstance(events[-1], BarrierEvent):
        rig.turn(rig.a, rig.b)
        if (event := rig.gates[0].poll()) is not None:
            events.append(event)
    assert events[-1].alignment.seconds > 0 and events[-1].alignment.bytes > 1000


def test_a_cancel_entry_of_the_jobmaster_releases_an_alignment(make_rig: Any) -> None:
    rig = make_rig(producers=2)
    seen: list[Any] = []
    _sent(rig, 0, "a1", CheckpointBarrier(1), "a2")
    _sent(rig, 1, "b1")
    _until(rig, seen, "b1")
    cancel_checkpoint(rig.clients, rig.keys, rig.graph, 0, CancelCheckpoint(1, epoch=3))
    _until(rig, seen, "a2")
    cancel_checkpoint(rig.clients, rig.keys, rig.graph, 0, CancelCheckpoint(2, epoch=2))
    _sent(rig, 1, CheckpointBarrier(1), CheckpointBarrier(2))
    _sent(rig, 0, CheckpointBarrier(2))
    _until(rig, seen, BarrierEvent(2))
    assert seen == ["a1", "b1", CancelEvent(1, 3), "a2", BarrierEvent(2)]


def test_held_entries_survive_a_killed_connection(make_rig: Any) -> None:
    rig = make_rig(producers=2)
    seen: list[Any] = []
    _sent(rig, 0, CheckpointBarrier(1), *[f"a{n}" for n in range(300)])
    _sent(rig, 1, "b", CheckpointBarrier(1))
    for client in rig.client.client_list():
        if client["name"].startswith("penstock-slot-B"):
            rig.client.client_kill_filter(_id=client["id"])
    _sent(rig, 1, "end")
    _until(rig, seen, "end")
    assert seen == ["b", BarrierEvent(1), *[f"a{n}" for n in range(300)], "end"]


def test_a_restored_gate_reads_its_log_again_from_the_first_barrier(make_rig: Any) -> None:
    rig = make_rig(producers=2, publish_interval=60)
    rig.idle = False  # so that nothing is published, and nothing trimmed
    seen: list[Any] = []
    _sent(rig, 0, "a1", CheckpointBarrier(1), "a2")
    _sent(rig, 1, "b1", CheckpointBarrier(1), "b2")
    taken = None
    while taken is None:
        rig.turn(rig.a, rig.b)
        event = rig.gates[0].poll()
        if event == BarrierEvent(1):
            taken = rig.gates[0].snapshot()
    _until(rig, seen, "b2")
    assert seen == ["a2", "b2"]
    successor = rig.slot("B2", epoch=2, placement={"p": ("A", "A"), "c": ("B2",)})
    rig.gates = [successor.input_gate("c", 0)]
    rig.gates[0].restore(taken)
    again: list[Any] = []
    rig.b = successor
    _until(rig, again, "b2")
    assert again == ["a2", "b2"]


def test_a_gate_cannot_be_restored_to_a_position_that_was_trimmed(make_rig: Any) -> None:
    rig = make_rig()
    _sent(rig, 0, "a1", CheckpointBarrier(1), "a2")
    seen: list[Any] = []
    taken = None
    while taken is None:
        rig.turn(rig.a, rig.b)
        if rig.gates[0].poll() == BarrierEvent(1):
            taken = rig.gates[0].snapshot()
    _until(rig, seen, "a2")
    rig.run(lambda: rig.client.xlen(rig.log_key()) == 0, consume=False)
    successor = rig.slot("B2", epoch=2, placement={"p": ("A",), "c": ("B2",)})
    successor.input_gate("c", 0).restore(taken)
    with pytest.raises(ExchangeLost, match="trimmed up to"):
        rig.run(lambda: False, successor, consume=False)


def test_sequences_restored_from_a_snapshot_are_not_counted_twice(rig: Any) -> None:
    _sent(rig, 0, "1", "2", "3")
    rig.run(lambda: rig.got[0] == ["1", "2", "3"])
    sequences = rig.writers[0].sequences()
    successor = rig.slot("A2", epoch=2, placement={"p": ("A2",), "c": ("B",)})
    writer = rig.writer(successor, attempt=1)
    writer.restore(sequences)
    writer.emit(0, ["4"])
    writer.broadcast(EndOfInput())
    rig.run(lambda: rig.gates[0].has_ended, successor, rig.b)
    assert rig.got[0] == ["1", "2", "3", "4"]
