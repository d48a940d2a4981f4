"""Phase one: asking for slots, accepting offers, hints."""

from msgspec.structs import replace

from penstock.coordination.messages import ReleaseSlot, SlotLost, SlotsRequested
from penstock.coordination.rows import AllocationRow, Claim, ExecutionRow, RequestRow
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager.decision import Decision, SetClaim, ToResourceManager, ToSlot, ToTaskManager
from penstock_jobmanager.effects import CreateLogs, SendHint
from penstock_jobmanager.options import JobMasterOptions
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    JOB,
    SOURCE,
    allocation,
    at,
    claimed,
    graph,
    lost,
    master,
    new_row,
    offered,
    reloaded,
    running,
    states,
    vertex,
)

ALLOCATION = AllocationRow(
    allocation=allocation(0), taskmanager="tm-1", incarnation="i", slot=0, queue="q-tm-1", host="h"
)


def scheduled(vertex_id: str, subtask: int, **changes: object) -> ExecutionRow:
    row = ExecutionRow(
        vertex=vertex_id,
        subtask=subtask,
        state=ExecutionState.SCHEDULED,
        epoch=1,
        timestamps={"CREATED": 1000, "SCHEDULED": 1000},
    )
    return replace(row, **changes)


def test_a_new_job_asks_for_all_its_slots_in_its_first_decision() -> None:
    decision = master(2).start(at())
    row = replace(
        new_row(),
        state=JobState.CREATED,
        timestamps={"CREATED": 1000},
        start_time=1000,
        message="waiting for 2 of 2 slots",
        next_allocation=2,
    )
    assert decision == Decision(
        rows={
            "job": row,
            f"execution:{SOURCE}:0": scheduled(SOURCE, 0),
            f"execution:{FLAT_MAP}:0": scheduled(FLAT_MAP, 0),
            f"execution:{FLAT_MAP}:1": scheduled(FLAT_MAP, 1),
            f"request:{JOB}-0": RequestRow(request=f"{JOB}-0", since=1000),
            f"request:{JOB}-1": RequestRow(request=f"{JOB}-1", since=1000),
        },
        ops=[ToResourceManager(SlotsRequested(job=JOB, requests=(f"{JOB}-0", f"{JOB}-1"), epoch=1, time=1000))],
    )


def test_an_offer_is_accepted_with_claim_and_hint_and_its_tasks_know_their_slot() -> None:
    made = master(2)
    made.start(at())
    decision = made.handle(offered(0), at())
    where = {"allocation": allocation(0), "taskmanager": "tm-1", "endpoint": "h"}
    assert decision == Decision(
        rows={
            f"request:{JOB}-0": None,
            f"allocation:{allocation(0)}": ALLOCATION,
            f"execution:{SOURCE}:0": scheduled(SOURCE, 0, **where),
            f"execution:{FLAT_MAP}:0": scheduled(FLAT_MAP, 0, **where),
            "job": made.record.job,
        },
        outbox={f"hint:{allocation(0)}": SendHint(allocation=allocation(0), queue="q-tm-1")},
        ops=[SetClaim(allocation(0), Claim(state="OFFERED", epoch=1, incarnation="i"))],
    )
    assert made.record.job.message == "waiting for 1 of 2 slots"


def test_the_same_offer_again_changes_nothing() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    assert made.handle(offered(0), at()) == Decision()


def test_a_second_offer_to_an_answered_request_goes_back() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    other = replace(offered(0), allocation=f"{JOB}-0-7-99", taskmanager="tm-2")
    back = ReleaseSlot(allocation=f"{JOB}-0-7-99", job=JOB, epoch=1, time=1000)
    assert made.handle(other, at()) == Decision(ops=[ToTaskManager("tm-2", back)])


def test_an_offer_of_an_allocation_that_is_gone_goes_back() -> None:
    made = running(2)
    made.handle(lost(0, pid=100), at())
    back = ReleaseSlot(allocation=allocation(0), job=JOB, epoch=1, time=1000)
    assert made.handle(offered(0), at()) == Decision(ops=[ToTaskManager("tm-1", back)])


def test_an_offer_to_a_job_that_is_being_stopped_goes_back() -> None:
    made = master(2, JobMasterOptions(slot_request_timeout=5))
    made.start(at())
    made.tick(at(5))
    back = ReleaseSlot(allocation=allocation(1), job=JOB, epoch=1, time=6000)
    assert made.record.job.state is JobState.FAILED
    assert made.handle(offered(1), at(5)) == Decision()

    waiting = master(2)
    waiting.start(at())
    waiting.handle(offered(0), at())
    waiting.record.requests.clear()
    assert waiting.handle(offered(1), at(5)) == Decision(ops=[ToTaskManager("tm-1", back)])


def test_the_last_offer_starts_the_deployment() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(1), at())
    decision = made.handle(offered(0), at())
    assert states(made) == ["CREATED", "DEPLOYING", "DEPLOYING", "DEPLOYING"]
    assert made.record.job.message == ""
    assert decision.outbox["create-logs:0"] == CreateLogs(generation=0)
    assert made.record.executions[FLAT_MAP, 1].allocation == allocation(1)


def test_a_claim_ends_the_hints() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    decision = made.handle(claimed(0), at(1))
    assert decision == Decision(
        rows={f"allocation:{allocation(0)}": replace(ALLOCATION, state="CLAIMED", pid=100)},
        outbox={f"hint:{allocation(0)}": None},
    )
    assert made.tick(at(10)) == Decision()
    assert made.handle(claimed(0), at(1)) == Decision()


def test_a_hint_that_brings_no_claim_is_sent_again() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    assert made.tick(at(1.9)) == Decision()
    again = Decision(outbox={f"hint:{allocation(0)}": SendHint(allocation=allocation(0), queue="q-tm-1")})
    assert made.tick(at(2)) == again
    assert made.tick(at(3.9)) == Decision()
    assert made.tick(at(4)) == again


def test_no_slots_within_the_timeout_fails_the_job_and_says_how_many() -> None:
    made = master(2, JobMasterOptions(slot_request_timeout=5))
    made.start(at())
    made.handle(offered(0), at(1))
    assert made.next_deadline() == 3
    made.handle(claimed(0), at(1))
    assert made.next_deadline() == 5
    made.tick(at(5))
    assert states(made) == ["FAILED", "CANCELED", "CANCELED", "CANCELED"]
    failure = made.record.job.root_failure
    assert failure is not None
    assert failure.message == (
        "NoResourceAvailableException: could not get 1 of 2 slots within 5 s (slot.request.timeout): "
        "start more TaskManagers, or run it at a lower parallelism"
    )


def test_a_successor_waits_for_slots_by_its_own_clock() -> None:
    from penstock_jobmanager.job_master import JobMaster

    options = JobMasterOptions(slot_request_timeout=5)
    first = master(2, options)
    record = reloaded([first.start(at(1000))])
    successor = JobMaster(record, graph(2), 2, options)
    assert successor.start(at(3)) == Decision()
    assert successor.next_deadline() == 8


def test_a_slot_that_goes_before_the_deployment_is_asked_for_again() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    decision = made.handle(lost(0), at())
    assert states(made) == ["CREATED", "SCHEDULED", "SCHEDULED", "SCHEDULED"]
    assert decision.rows[f"allocation:{allocation(0)}"] == replace(ALLOCATION, state="GONE")
    assert decision.rows[f"execution:{SOURCE}:0"] == scheduled(SOURCE, 0)
    assert decision.outbox == {f"hint:{allocation(0)}": None}
    assert decision.ops == [
        SetClaim(allocation(0), Claim(state="WITHDRAWN", epoch=1, incarnation="i")),
        ToSlot(allocation(0), ReleaseSlot(allocation=allocation(0), job=JOB, epoch=1, time=1000)),
        ToResourceManager(SlotsRequested(job=JOB, requests=(f"{JOB}-1", f"{JOB}-2"), epoch=1, time=1000)),
    ]
    assert made.handle(lost(0), at()) == Decision()
    made.handle(replace(offered(2), allocation=f"{JOB}-2-7-5"), at())
    assert made.record.executions[SOURCE, 0].allocation == f"{JOB}-2-7-5"


def test_an_offer_lost_on_its_way_is_asked_for_again_and_refused_when_it_comes_late() -> None:
    made = master(2)
    made.start(at())
    decision = made.handle(SlotLost(allocation=allocation(1), reason="TaskManager lost"), at())
    assert decision.rows[f"request:{JOB}-1"] is None
    assert decision.rows[f"request:{JOB}-3"] == RequestRow(request=f"{JOB}-3", since=1000)
    late = made.handle(offered(1), at())
    assert late == Decision(
        ops=[ToTaskManager("tm-1", ReleaseSlot(allocation=allocation(1), job=JOB, epoch=1, time=1000))]
    )


def test_slot_sharing_groups_have_slots_of_their_own() -> None:
    from penstock.graph.execution_graph import shared_slots

    both = replace(graph(2), vertices=(vertex(SOURCE, "Source", 1, "io"), vertex(FLAT_MAP, "Flat Map", 2)))
    assert shared_slots(both) == (((SOURCE, 0),), ((FLAT_MAP, 0),), ((FLAT_MAP, 1),))
    assert len(shared_slots(both)) == both.slots_required()
