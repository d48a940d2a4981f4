"""Whole decisions of the slot manager."""

from typing import Any

from penstock.coordination.messages import (
    OfferSlot,
    ReleaseSlot,
    SlotFreed,
    SlotLost,
    SlotRequestsCancelled,
    SlotsRequested,
    TaskManagerLeft,
    TaskManagerRegistered,
    encode,
)
from penstock.coordination.rows import DemandRow, LedgerRow, SlotRow, TaskManagerRow
from penstock_resourcemanager.decision import Decision
from penstock_resourcemanager.ledger import Ledger
from penstock_resourcemanager.observed import Observed
from penstock_resourcemanager.slot_manager import SlotManager

JOB = "a" * 32


def manager(epoch: int = 1) -> SlotManager:
    return SlotManager(Ledger(), epoch=epoch, offer_timeout=5.0)


def registered(name: str = "tm1", incarnation: str = "i1", slots: int = 2, **occupied: str) -> TaskManagerRegistered:
    return TaskManagerRegistered(
        taskmanager=name,
        incarnation=incarnation,
        slots=slots,
        host="h",
        queue=f"q.{name}",
        occupied={int(slot[1:]): allocation for slot, allocation in occupied.items()},
    )


def taskmanager(name: str = "tm1", incarnation: str = "i1", slots: int = 2) -> TaskManagerRow:
    return TaskManagerRow(taskmanager=name, incarnation=incarnation, slots=slots, host="h", queue=f"q.{name}")


def requested(*numbers: int, job: str = JOB) -> SlotsRequested:
    return SlotsRequested(job=job, requests=tuple(f"{job}-{n}" for n in numbers))


def seen(now: float = 0.0, **fields: object) -> Observed:
    return Observed(now=now, registered={"tm1": "i1", "tm2": "i1"}, **fields)  # type: ignore[arg-type]


def ledger_row(slot: int, n: int, counter: int, name: str = "tm1", job: str = JOB, epoch: int = 1) -> LedgerRow:
    return LedgerRow(
        allocation=f"{job}-{n}-{epoch}-{counter}",
        job=job,
        request=f"{job}-{n}",
        taskmanager=name,
        incarnation="i1",
        slot=slot,
    )


def offer(row: LedgerRow, epoch: int = 1) -> tuple[str, OfferSlot]:
    return row.taskmanager, OfferSlot(
        epoch=epoch,
        allocation=row.allocation,
        request=row.request,
        job=row.job,
        slot=row.slot,
        incarnation=row.incarnation,
    )


def confirmed(*rows: LedgerRow) -> dict[str, dict[int, SlotRow]]:
    slots: dict[str, dict[int, SlotRow]] = {}
    for row in rows:
        slots.setdefault(row.taskmanager, {})[row.slot] = SlotRow(
            state="OFFERED", incarnation="i1", allocation=row.allocation, job=row.job, request=row.request
        )
    return slots


def test_grants_spread_over_the_taskmanagers() -> None:
    first, second, third = ledger_row(0, 0, 0), ledger_row(0, 1, 1, "tm2"), ledger_row(1, 2, 2)
    assert manager().handle([registered(), registered("tm2"), requested(0, 1, 2)], seen()) == Decision(
        rows={
            "taskmanager:tm1": taskmanager(),
            "taskmanager:tm2": taskmanager("tm2"),
            f"job:{JOB}": None,
            "slot:tm1:0": first,
            "slot:tm2:0": second,
            "slot:tm1:1": third,
        },
        commands=[offer(first), offer(second), offer(third)],
    )


def test_requests_of_a_job_wait_together_and_smaller_jobs_pass() -> None:
    slots, small = manager(), "b" * 32
    decision = slots.handle([registered(), requested(0, 1, 2), requested(0, job=small)], seen(time=7))
    granted = ledger_row(0, 0, 0, job=small)
    assert decision == Decision(
        rows={
            "taskmanager:tm1": taskmanager(),
            f"job:{JOB}": DemandRow(job=JOB, requests=(f"{JOB}-0", f"{JOB}-1", f"{JOB}-2"), since=7, order=1),
            f"job:{small}": None,
            "slot:tm1:0": granted,
        },
        commands=[("tm1", OfferSlot(**{**_fields(offer(granted)[1]), "time": 7}))],
    )
    assert slots.missing() == 2


def test_repeated_events_change_nothing() -> None:
    slots = manager()
    slots.handle([registered(), requested(0, 1)], seen())
    assert not slots.handle([registered(), requested(0, 1), SlotRequestsCancelled(job=JOB)], seen())
    freed = SlotFreed(taskmanager="tm1", incarnation="i1", slot=0, allocation=f"{JOB}-0-1-0")
    assert slots.handle([freed], seen()) == Decision(rows={"slot:tm1:0": None})
    assert not slots.handle([freed], seen())


def test_a_request_that_its_job_has_replaced_is_wanted_no_more() -> None:
    slots = manager()
    slots.handle([registered(), registered("tm2"), requested(0, 1, 2, 3)], seen())
    # tm2 dies before it has read its offers: their requests are wanted again, while the job asks under new names
    slots.handle([], seen(lost={"tm2": "i1"}))
    slots.handle([requested(5, 7)], seen())
    granted = [ledger_row(0, 5, 4, "tm2"), ledger_row(1, 7, 5, "tm2")]
    assert slots.handle([registered("tm2")], seen()).commands == [offer(row) for row in granted]
    assert slots.missing() == 0


def test_late_copy_of_a_slot_freed_does_not_free_the_next_allocation() -> None:
    slots = manager()
    slots.handle([registered(slots=1), requested(0)], seen())
    freed = SlotFreed(taskmanager="tm1", incarnation="i1", slot=0, allocation=f"{JOB}-0-1-0")
    slots.handle([freed, requested(1)], seen())
    assert not slots.handle([freed], seen())
    assert slots.ledger.slots == {("tm1", 0): ledger_row(0, 1, 1)}


def test_late_copy_of_a_registration_brings_no_dead_incarnation_back() -> None:
    slots = manager()
    slots.handle([registered()], seen())
    assert not slots.handle([registered(incarnation="i0")], seen())
    assert not slots.handle([registered("tm9")], seen())


def test_new_incarnation_loses_what_the_old_one_had() -> None:
    slots = manager()
    slots.handle([registered(), requested(0)], seen())
    slots.handle([], seen(slots=confirmed(ledger_row(0, 0, 0))))
    decision = slots.handle([registered(incarnation="i2")], Observed(now=1.0, registered={"tm1": "i2"}))
    reason = "TaskManager tm1 registered anew"
    assert decision == Decision(
        rows={"slot:tm1:0": None, "taskmanager:tm1": taskmanager(incarnation="i2")},
        job_events=[(JOB, SlotLost(epoch=1, allocation=f"{JOB}-0-1-0", reason=reason))],
    )


def test_leaving_taskmanager_is_removed_and_its_unconfirmed_offer_made_elsewhere() -> None:
    slots = manager()
    slots.handle([registered(slots=1), requested(0)], seen())
    left = TaskManagerLeft(taskmanager="tm1", incarnation="i1")
    moved = ledger_row(0, 0, 1, "tm2")
    assert slots.handle([registered("tm2"), left], seen()) == Decision(
        rows={
            "taskmanager:tm2": taskmanager("tm2"),
            "slot:tm1:0": None,
            "taskmanager:tm1": None,
            f"job:{JOB}": None,
            "slot:tm2:0": moved,
        },
        job_events=[(JOB, SlotLost(epoch=1, allocation=f"{JOB}-0-1-0", reason="TaskManager tm1 left", planned=True))],
        commands=[offer(moved)],
        removed=[("tm1", "i1")],
    )
    assert not slots.handle([left], seen())


def test_silent_taskmanager_is_lost() -> None:
    slots = manager()
    slots.handle([registered(), requested(0)], seen())
    slots.handle([], seen(slots=confirmed(ledger_row(0, 0, 0))))
    decision = slots.handle([], seen(3.0, lost={"tm1": "i1", "tm7": "i5"}))
    reason = "the heartbeat of TaskManager tm1 timed out"
    assert decision == Decision(
        rows={"slot:tm1:0": None, "taskmanager:tm1": None},
        job_events=[(JOB, SlotLost(epoch=1, allocation=f"{JOB}-0-1-0", reason=reason))],
        removed=[("tm1", "i1"), ("tm7", "i5")],
    )


def test_silence_of_an_older_incarnation_counts_no_more() -> None:
    slots = manager()
    slots.handle([registered()], seen())
    assert not slots.handle([], seen(3.0, lost={"tm1": "i0"}))


def test_unconfirmed_offer_is_repeated_and_another_slot_asked() -> None:
    slots = manager()
    first, second = ledger_row(0, 0, 0), ledger_row(1, 0, 1)
    slots.handle([registered(), requested(0)], seen())
    unread = {"tm1": {0: SlotRow(state="FREE", incarnation="i1"), 1: SlotRow(state="FREE", incarnation="i1")}}
    assert not slots.handle([], seen(4.9, slots=unread))
    assert slots.handle([], seen(5.0, slots=unread)) == Decision(
        rows={f"job:{JOB}": None, "slot:tm1:1": second}, commands=[offer(first), offer(second)]
    )
    assert slots.unconfirmed() == {"tm1"}
    assert not slots.handle([], seen(6.0, slots=confirmed(first, second)))
    assert slots.unconfirmed() == set()


def test_late_confirmation_withdraws_the_second_request() -> None:
    slots = manager()
    slots.handle([registered(slots=1), requested(0)], seen())
    unread = {"tm1": {0: SlotRow(state="FREE", incarnation="i1")}}
    demand = DemandRow(job=JOB, requests=(f"{JOB}-0",), since=0, order=1)
    assert slots.handle([], seen(5.0, slots=unread)).rows == {f"job:{JOB}": demand}
    assert slots.handle([], seen(5.5, slots=confirmed(ledger_row(0, 0, 0)))) == Decision(rows={f"job:{JOB}": None})


def test_confirmed_slot_seen_free_is_free() -> None:
    slots = manager()
    slots.handle([registered(), requested(0)], seen())
    slots.handle([], seen(slots=confirmed(ledger_row(0, 0, 0))))
    free = {"tm1": {0: SlotRow(state="FREE", incarnation="i1")}}
    assert slots.handle([], seen(slots=free)) == Decision(rows={"slot:tm1:0": None})


def test_ended_job_gets_nothing_and_gives_back() -> None:
    slots = manager()
    slots.handle([registered(slots=1), requested(0)], seen())
    ended = frozenset({JOB})
    back = ReleaseSlot(epoch=1, allocation=f"{JOB}-0-1-0", job=JOB)
    assert slots.handle([requested(1, 2)], seen(1.0, ended=ended)) == Decision(commands=[("tm1", back)])
    assert not slots.handle([], seen(5.9, ended=ended))
    assert slots.handle([], seen(6.0, ended=ended)) == Decision(commands=[("tm1", back)])


def test_slot_of_an_ended_job_that_its_taskmanager_knows_nothing_of_is_free() -> None:
    first = manager()
    row = ledger_row(0, 0, 0)
    raw = {name: encode(r) for name, r in first.handle([registered(slots=1), requested(0)], seen()).rows.items() if r}
    successor = SlotManager(Ledger.load(raw), epoch=2, offer_timeout=5.0)
    ended, free = frozenset({JOB}), {"tm1": {0: SlotRow(state="FREE", incarnation="i1")}}
    back = ReleaseSlot(epoch=2, allocation=row.allocation, job=JOB)
    assert successor.occupied() == {"tm1"}
    assert successor.handle([], seen(1.0, ended=ended, slots=free)) == Decision(commands=[("tm1", back)])
    assert not successor.handle([], seen(5.9, ended=ended, slots=free))
    assert successor.handle([], seen(6.0, ended=ended, slots=free)) == Decision(rows={"slot:tm1:0": None})
    assert successor.occupied() == set()


def test_demand_of_an_ended_job_is_dropped() -> None:
    slots = manager()
    slots.handle([requested(0)], seen())
    assert slots.handle([], seen(ended=frozenset({JOB}))) == Decision(rows={f"job:{JOB}": None})


def test_cancelled_requests_are_forgotten() -> None:
    slots = manager()
    slots.handle([requested(0)], seen())
    assert slots.handle([SlotRequestsCancelled(job=JOB), registered()], seen()).rows == {
        f"job:{JOB}": None,
        "taskmanager:tm1": taskmanager(),
    }


def test_taskmanagers_word_on_its_slot_stands_against_the_ledger() -> None:
    slots = manager(epoch=4)
    slots.handle([registered(slots=1), requested(1)], seen())
    other = ledger_row(0, 0, 9, epoch=3)
    assert slots.handle([registered(slots=1, _0=other.allocation)], seen()).rows == {
        "slot:tm1:0": other,
        f"job:{JOB}": DemandRow(job=JOB, requests=(f"{JOB}-1",), since=0, order=1),
    }


def test_successor_continues_from_the_rows() -> None:
    first = manager()
    rows = first.handle([registered(slots=1), requested(0), requested(0, job="b" * 32)], seen()).rows
    raw = {name: encode(row) for name, row in rows.items() if row is not None}
    successor = SlotManager(Ledger.load(raw), epoch=2, offer_timeout=5.0)
    assert successor.unconfirmed() == {"tm1"}
    freed = SlotFreed(taskmanager="tm1", incarnation="i1", slot=0, allocation=f"{JOB}-0-1-0")
    granted = ledger_row(0, 0, 0, job="b" * 32, epoch=2)
    assert successor.handle([freed], seen()) == Decision(
        rows={"slot:tm1:0": granted, f"job:{'b' * 32}": None}, commands=[offer(granted, epoch=2)]
    )


def _fields(message: OfferSlot) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}
