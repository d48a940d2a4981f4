"""Slot rows, TaskManager registrations and beats."""

import time

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.rows import SlotRow, TaskManagerInfo

pytestmark = pytest.mark.contract

FREE = SlotRow(state="FREE", incarnation="i1")
OFFERED = SlotRow(state="OFFERED", incarnation="i1", allocation="a", job="j", request="r")
ACTIVE = SlotRow(state="ACTIVE", incarnation="i1", allocation="a", job="j", request="r", pid=42)


@pytest.fixture
def events(coordination: Coordination) -> str:
    """A stream; and TaskManager `tm` has two free slots."""
    coordination.slots.reset("tm", "i1", 2)
    return coordination.keys.events("job:j")


def payloads(coordination: Coordination, stream: str) -> list[bytes]:
    return [payload for _, payload in coordination.events.read({stream: "0-0"}).get(stream, [])]


def test_reset_makes_free_slots(coordination: Coordination, events: str) -> None:
    assert coordination.slots.all("tm") == {0: FREE, 1: FREE}
    assert coordination.slots.get("tm", 1) == FREE
    assert coordination.slots.get("tm", 2) is None
    assert coordination.slots.all("other") == {}


def test_the_row_and_its_event_happen_together(coordination: Coordination, events: str) -> None:
    assert coordination.slots.compare_and_set("tm", 0, "FREE", "", OFFERED, (events, b"offered"))
    assert coordination.slots.compare_and_set("tm", 0, "OFFERED", "a", ACTIVE)
    assert coordination.slots.all("tm") == {0: ACTIVE, 1: FREE}
    assert payloads(coordination, events) == [b"offered"]


def test_a_second_offer_is_rejected(coordination: Coordination, events: str) -> None:
    coordination.slots.compare_and_set("tm", 0, "FREE", "", OFFERED)
    second = SlotRow(state="OFFERED", incarnation="i1", allocation="b", job="k", request="q")
    assert not coordination.slots.compare_and_set("tm", 0, "FREE", "", second, (events, b"offered"))
    assert coordination.slots.get("tm", 0) == OFFERED
    assert payloads(coordination, events) == []


def test_a_change_whose_answer_was_lost_is_true_again_without_a_second_event(
    coordination: Coordination, events: str
) -> None:
    change = ("tm", 0, "FREE", "", OFFERED, (events, b"offered"))
    assert [coordination.slots.compare_and_set(*change) for _ in range(3)] == [True, True, True]
    assert payloads(coordination, events) == [b"offered"]


def test_a_late_copy_of_an_overtaken_change_is_refused(coordination: Coordination, events: str) -> None:
    coordination.slots.compare_and_set("tm", 0, "FREE", "", OFFERED, (events, b"offered"))
    coordination.slots.compare_and_set("tm", 0, "OFFERED", "a", ACTIVE)
    assert not coordination.slots.compare_and_set("tm", 0, "FREE", "", OFFERED, (events, b"offered"))
    assert coordination.slots.get("tm", 0) == ACTIVE
    assert payloads(coordination, events) == [b"offered"]


@pytest.mark.parametrize(("state", "allocation"), [("FREE", "a"), ("OFFERED", "b"), ("ACTIVE", "a"), ("OFFERED", "")])
def test_another_state_or_allocation(coordination: Coordination, events: str, state: str, allocation: str) -> None:
    coordination.slots.compare_and_set("tm", 0, "FREE", "", OFFERED)
    assert not coordination.slots.compare_and_set("tm", 0, state, allocation, FREE, (events, b"freed"))
    assert payloads(coordination, events) == []


def test_a_child_of_a_superseded_incarnation_changes_nothing(coordination: Coordination, events: str) -> None:
    coordination.slots.compare_and_set("tm", 0, "FREE", "", OFFERED)
    coordination.slots.reset("tm", "i2", 3)
    assert not coordination.slots.compare_and_set("tm", 0, "OFFERED", "a", ACTIVE)
    assert not coordination.slots.compare_and_set("tm", 0, "FREE", "", ACTIVE)
    assert coordination.slots.all("tm") == dict.fromkeys(range(3), SlotRow(state="FREE", incarnation="i2"))


def test_slots_that_are_not_there(coordination: Coordination, events: str) -> None:
    assert not coordination.slots.compare_and_set("tm", 9, "FREE", "", OFFERED, (events, b"offered"))
    with pytest.raises(ValueError, match="'tm' needs at least one slot"):
        coordination.slots.reset("tm", "i1", 0)


def info(taskmanager: str, incarnation: str) -> TaskManagerInfo:
    return TaskManagerInfo(
        taskmanager=taskmanager,
        incarnation=incarnation,
        host="h",
        pid=1,
        slots=2,
        queue="q",
        python_version="3.11.7",
        cpu_cores=2,
        physical_memory=1 << 30,
    )


def test_the_newest_registration_counts(coordination: Coordination) -> None:
    coordination.taskmanagers.register(info("b", "i1"))
    coordination.taskmanagers.register(info("a", "i1"))
    coordination.taskmanagers.register(info("b", "i2"))
    assert coordination.taskmanagers.all() == [info("a", "i1"), info("b", "i2")]
    assert coordination.taskmanagers.get("b") == info("b", "i2")
    assert coordination.taskmanagers.get("c") is None


def test_a_late_removal_does_not_hit_the_next_incarnation(coordination: Coordination) -> None:
    coordination.taskmanagers.register(info("a", "i1"))
    coordination.taskmanagers.register(info("a", "i2"))
    assert not coordination.taskmanagers.remove("a", "i1")
    assert coordination.taskmanagers.get("a") == info("a", "i2")
    assert coordination.taskmanagers.remove("a", "i2")
    assert not coordination.taskmanagers.remove("a", "i2")


def test_beats(coordination: Coordination) -> None:
    taskmanagers = coordination.taskmanagers
    taskmanagers.beat("a", "i1", 1, 60_000)
    taskmanagers.beat("a", "i1", 2, 60_000)
    assert taskmanagers.beats(["a", "b"]) == {"a": "i1 2", "b": None}
    assert taskmanagers.beats([]) == {}
    taskmanagers.beat("b", "i1", 1, 20)
    deadline = time.monotonic() + 20
    while taskmanagers.beats(["b"])["b"] is not None:
        assert time.monotonic() < deadline, "the beat did not expire"
        time.sleep(0.005)
