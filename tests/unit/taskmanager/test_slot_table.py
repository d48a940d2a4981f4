"""Whole answers of the slot table."""

from msgspec.structs import replace

from penstock.coordination.messages import OfferSlot, ReleaseSlot, SlotLost, SlotOffered, TaskManagerRegistered
from penstock.coordination.rows import SlotRow
from penstock_taskmanager.effects import FreeSlot, KillChild, OfferToJob, TellJob, TellResourceManager
from penstock_taskmanager.slot_table import SlotTable

FREE = SlotRow(state="FREE", incarnation="i1")
OFFERED = SlotRow(state="OFFERED", incarnation="i1", allocation="a", job="j", request="j-0")
ACTIVE = SlotRow(state="ACTIVE", incarnation="i1", allocation="a", job="j", request="j-0", pid=7)


def table() -> SlotTable:
    return SlotTable(taskmanager="tm", incarnation="i1", slots=2, host="h", queue="q", grace=5.0)


def offer(allocation: str = "a", slot: int = 0, incarnation: str = "i1") -> OfferSlot:
    return OfferSlot(allocation=allocation, request="j-0", job="j", slot=slot, incarnation=incarnation)


def registration(**occupied: str) -> TaskManagerRegistered:
    slots = {int(slot[1:]): allocation for slot, allocation in occupied.items()}
    return TaskManagerRegistered(taskmanager="tm", incarnation="i1", slots=2, host="h", queue="q", occupied=slots)


def test_free_slot_is_offered_once() -> None:
    slots = table()
    told = SlotOffered(allocation="a", request="j-0", taskmanager="tm", incarnation="i1", slot=0, host="h", queue="q")
    assert slots.command(offer(), {0: FREE, 1: FREE}, 0.0) == [OfferToJob(0, OFFERED, told)]
    assert slots.expects("a")
    # The same command again, before and after the slot became free: allocations are never reused.
    assert slots.command(offer(), {0: OFFERED, 1: FREE}, 0.0) == []
    assert slots.command(offer(), {0: FREE, 1: FREE}, 0.0) == []


def test_offer_that_cannot_be_taken_is_answered_with_the_truth() -> None:
    slots = table()
    truth = [TellResourceManager(registration(_0="a"))]
    assert slots.command(offer("b"), {0: ACTIVE, 1: FREE}, 0.0) == truth
    assert slots.command(offer("b", slot=1, incarnation="i0"), {0: ACTIVE, 1: FREE}, 0.0) == truth
    assert slots.command(offer("b", slot=9), {0: ACTIVE, 1: FREE}, 0.0) == truth
    assert not slots.expects("b")


def test_unclaimed_slot_is_free_at_once() -> None:
    slots = table()
    slots.command(offer(), {0: FREE, 1: FREE}, 0.0)
    assert slots.command(ReleaseSlot(allocation="a"), {0: OFFERED, 1: FREE}, 0.0) == [FreeSlot(0, OFFERED)]
    assert not slots.expects("a")
    assert slots.command(ReleaseSlot(allocation="a"), {0: FREE, 1: FREE}, 0.0) == []


def test_released_process_is_killed_only_after_its_grace() -> None:
    slots, rows = table(), {0: ACTIVE, 1: FREE}
    assert slots.command(ReleaseSlot(allocation="a"), rows, 10.0) == []
    assert slots.command(ReleaseSlot(allocation="a"), rows, 14.0) == []
    assert slots.due(rows, 14.9) == []
    assert slots.due(rows, 15.0) == [KillChild(7, "it did not leave slot 0 within 5 s of ReleaseSlot")]
    assert slots.due(rows, 15.5) == []
    assert slots.exited({7}, rows) == [FreeSlot(0, ACTIVE)]


def test_job_that_has_a_process_killed_hears_of_its_end() -> None:
    slots, rows = table(), {0: ACTIVE, 1: FREE}
    kill = ReleaseSlot(allocation="a", job="j", answer=True)
    assert slots.command(kill, rows, 10.0) == []
    assert slots.due(rows, 10.0) == [KillChild(7, "the tasks in slot 0 do not stop")], "they had their time"
    ended = SlotLost(allocation="a", reason="the process 7 of slot 0 of TaskManager tm was ended", pid=7)
    assert slots.exited({7}, rows) == [TellJob("j", ended), FreeSlot(0, ACTIVE)]
    # asked once more, after the answer was given: or was it lost?
    gone = SlotLost(allocation="a", reason="no slot of TaskManager tm holds it any more")
    assert slots.command(kill, {0: FREE, 1: FREE}, 16.0) == [TellJob("j", gone)]


def test_process_that_dies_unasked_is_a_lost_slot() -> None:
    lost = SlotLost(allocation="a", reason="the process 7 of slot 0 of TaskManager tm died", pid=7)
    assert table().exited({7}, {0: ACTIVE, 1: FREE}) == [TellJob("j", lost), FreeSlot(0, ACTIVE)]


def test_process_whose_claim_arrives_after_its_death_is_found() -> None:
    slots, rows = table(), {0: ACTIVE, 1: FREE}
    assert slots.exited({7}, {0: OFFERED, 1: FREE}) == []
    assert slots.orphans(rows, [8]) == set()
    assert slots.orphans(rows, [8]) == {7}


def test_process_not_heard_of_yet_is_no_orphan() -> None:
    slots, rows = table(), {0: ACTIVE, 1: FREE}
    assert slots.orphans(rows, []) == set()
    assert slots.orphans(rows, [7]) == set()
    assert slots.orphans(rows, []) == set()


def test_idle_process_that_dies_is_nobodys_loss() -> None:
    assert table().exited({8}, {0: ACTIVE, 1: FREE}) == []
    assert table().exited({7}, {0: OFFERED, 1: FREE}) == []


def test_slot_released_while_its_process_withdraws_is_freed() -> None:
    slots = table()
    assert slots.command(ReleaseSlot(allocation="a"), {0: ACTIVE, 1: FREE}, 0.0) == []
    assert slots.due({0: OFFERED, 1: FREE}, 0.1) == [FreeSlot(0, OFFERED)]
    assert slots.due({0: FREE, 1: FREE}, 0.2) == []


def test_registration_is_lost_with_its_row_its_incarnation_or_its_slots() -> None:
    slots, rows = table(), {0: ACTIVE, 1: FREE}
    assert slots.is_registered("i1", rows)
    assert not slots.is_registered(None, rows)
    assert not slots.is_registered("i2", rows)
    assert not slots.is_registered("i1", {0: ACTIVE})
    assert not slots.is_registered("i1", {0: ACTIVE, 1: SlotRow(state="FREE", incarnation="i2")})


def test_a_process_that_lives_on_without_its_row_tells_that_rows_came_back_older() -> None:
    for older in (FREE, OFFERED, replace(OFFERED, allocation="b")):
        slots = table()
        assert not slots.has_strays({0: ACTIVE, 1: FREE}, [7, 8], 0.0)
        assert not slots.has_strays({0: older, 1: FREE}, [7, 8], 1.0)
        assert not slots.has_strays({0: older, 1: FREE}, [7, 8], 6.0)
        assert slots.has_strays({0: older, 1: FREE}, [7, 8], 6.1)


def test_a_process_that_ends_or_has_its_row_again_is_no_stray() -> None:
    slots = table()
    slots.has_strays({0: ACTIVE, 1: FREE}, [7], 0.0)
    assert not slots.has_strays({0: FREE, 1: FREE}, [7], 1.0)
    assert not slots.has_strays({0: ACTIVE, 1: FREE}, [7], 2.0)
    assert not slots.has_strays({0: FREE, 1: FREE}, [7], 6.5), "the time begins anew"
    assert not slots.has_strays({0: FREE, 1: FREE}, [], 20.0)
    assert not slots.has_strays({0: FREE, 1: FREE}, [7], 40.0), "another process of that number"
