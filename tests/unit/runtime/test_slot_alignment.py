"""Slots tell each other how far the sources of an alignment group are."""

import time

import pytest

from penstock.coordination.memory import MemoryCoordination
from penstock.operators.alignment import AlignmentGroup, alignment_group, groups_of
from penstock.runtime.slot_alignment import Heard, SlotAlignment


def test_the_lowest_of_those_that_speak() -> None:
    now = [0.0]
    heard = Heard(lambda: now[0])
    assert heard.lowest(5) is None
    heard.take({"a": b"1 50", "b": b"1 30", "c": b"1 -"})
    assert heard.lowest(5) == 30
    now[0] = 4
    heard.take({"a": b"2 60", "b": b"1 30", "c": b"2 -"})
    now[0] = 6
    assert heard.lowest(5) == 60, "b has been silent for six seconds"
    heard.take({"a": b"3 70", "b": b"2 31"})
    assert heard.lowest(5) == 31
    heard.take({"a": b"4 80"})
    assert heard.lowest(5) == 80, "b has left"


def test_a_source_waits_for_one_in_another_slot() -> None:
    twin, job = MemoryCoordination(), "waits"
    group = alignment_group(job, "g")
    group.wants(1000)
    slot = SlotAlignment(twin.alignments, job, "here")
    group.report("source", 100, False)
    assert slot.turn() == 1.0
    assert not group.is_ahead("source", 10)
    assert twin.alignments.tell(job, "g", "there", b"1 80") == {"here": b"1 100"}
    slot.turn()
    assert group.elsewhere == 80
    assert group.is_ahead("source", 10) and not group.is_ahead("source", 20)
    twin.alignments.tell(job, "g", "there", b"2 -")
    slot.turn()
    assert not group.is_ahead("source", 10), "the other one is idle"
    twin.space.away = True
    slot.turn()
    twin.space.away = False


def test_who_is_idle_holds_nobody_back() -> None:
    group = AlignmentGroup()
    assert group.lowest() is None
    group.report("idle", 5, True)
    assert group.lowest() is None
    group.report("busy", 7, False)
    assert group.lowest() == 7


def test_the_least_interval_holds() -> None:
    group = AlignmentGroup()
    group.wants(500)
    group.wants(200)
    group.wants(900)
    assert group.interval == 0.2


@pytest.mark.parametrize("aligned", [True, False])
def test_the_thread_is_there_only_where_it_is_needed(aligned: bool) -> None:
    twin, job = MemoryCoordination(), f"thread-{aligned}"
    group = alignment_group(job, "g") if aligned else None
    assert set(groups_of(job)) == ({"g"} if aligned else set())
    slot = SlotAlignment(twin.alignments, job, "here")
    slot.look()
    if group is not None:
        group.wants(20)
        deadline = time.monotonic() + 20
        while not twin.alignments.tell(job, "g", "there", b"1 80") or group.elsewhere != 80:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    slot.close()
    assert twin.alignments.tell(job, "g", "there", b"1 80") == {}, "it has left"
