"""Barriers that overtake, through real logs: no credit holds them up, and what they overtake is known."""

import pickle
from typing import Any

import pytest

from penstock.checkpoint.options import CheckpointOptions
from penstock.exchange.elements import CheckpointBarrier
from penstock.exchange.events import BarrierEvent
from penstock.exchange.header import Kind

pytestmark = pytest.mark.contract

_ENTRY = 8 * 1024
_BARRIER = CheckpointBarrier(1, CheckpointOptions(directory="/d/chk-1", unaligned=True))


def _fill(rig: Any, index: int) -> int:
    """Emit until blocked; the number of records emitted."""
    writer, sent = rig.writers[index], 0
    rig.run(lambda: writer.is_caught_up, rig.a)
    while not writer.blocked:
        writer.emit(0, [b"%d:" % index + b"x" * 512 + b":%d" % n for n in range(sent, sent + 16)])
        sent += 16
        rig.turn(rig.a, idle=False)
    return sent


def _records(elements: Any) -> list[Any]:
    return [v for *_, kind, payload in elements if kind == Kind.DATA for v in pickle.loads(payload)[0]]


def test_a_barrier_passes_all_that_waits_for_credit_and_all_that_was_not_read(make_rig: Any) -> None:
    rig = make_rig(producers=2, credit=64 * 1024, entry_size=_ENTRY, read_ahead=_ENTRY, read_count=1)
    sent = [_fill(rig, n) for n in range(2)]
    parked = [rig.writers[0].overtake(_BARRIER)]
    gate = rig.gates[0]
    found: list[Any] = []

    def overtaken() -> bool:
        found.extend(o for o in [gate.look_ahead(lambda: None)] if o is not None)
        return bool(found)

    # so much lies before the barrier that it is read only as the records are taken
    rig.run(overtaken)
    recording, before = found[0].recording, len(rig.got[0])
    assert found[0].event == BarrierEvent(1, _BARRIER.options) and not recording.is_over
    # from then on all is read, however little is taken
    parked.append(rig.writers[1].overtake(_BARRIER))
    rig.run(lambda: recording.is_over, consume=False)
    in_flight = rig.got[0][:before] + _records(recording.elements)
    everything = in_flight + [v for some in parked for v in _records(some)]
    assert len(everything) == len(set(everything)) == sum(sent)
    # and the task goes on with the same records, and sees no barrier
    rig.run(lambda: len(rig.got[0]) == sum(sent))
    assert set(rig.got[0]) == set(everything)
    assert rig.events[0] == []
