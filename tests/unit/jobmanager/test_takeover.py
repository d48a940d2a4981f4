"""A successor continues; a job that goes from leader to leader is ended."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CancelRequested, EffectDone, ReleaseSlot
from penstock.graph.states import JobState
from penstock_jobmanager import end
from penstock_jobmanager.decision import Bury, Decision, ToSlot, ToTaskManager
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.options import JobMasterOptions
from penstock_jobmanager.record import JobRecord
from penstock_jobmanager.takeover import take_over
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    JOB,
    LOGS_CREATED,
    OPTIONS,
    SOURCE,
    allocation,
    at,
    graph,
    master,
    new_row,
    offered,
    reloaded,
    running,
    states,
    task,
)


def test_a_successor_of_a_running_job_decides_nothing() -> None:
    made = running(2)
    before = dict(made.record.executions)
    successor = JobMaster(made.record, graph(2), 2, OPTIONS)
    assert successor.start(at(50)) == Decision()
    assert successor.record.executions == before


def test_rows_and_outbox_survive_their_encoding() -> None:
    made = master(2)
    decisions = [made.start(at()), made.handle(offered(0), at()), made.handle(offered(1), at())]
    assert reloaded(decisions) == made.record
    decisions.append(made.handle(LOGS_CREATED, at()))
    decisions.append(made.handle(task(SOURCE, 0, "FAILED", Failure(message="x")), at()))
    assert reloaded(decisions) == made.record


def test_a_successor_between_the_two_commits_of_the_end_ends_the_job() -> None:
    made = running(1)
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    made.handle(task(FLAT_MAP, 0, "FINISHED"), at())
    successor = JobMaster(made.record, graph(1), 2, OPTIONS)
    assert successor.start(at()) == Decision()
    successor.handle(EffectDone(effect="delete-logs:0"), at())
    assert successor.record.job.state is JobState.FINISHED


def test_leaderships_are_counted_but_for_the_first() -> None:
    record = JobRecord(new_row())
    assert take_over(record, 0, 1, OPTIONS, at()) == Decision(rows={"job": new_row()})
    assert take_over(record, 1, 2, OPTIONS, at()) == Decision(rows={"job": replace(new_row(), takeovers=1)})


def test_a_job_that_is_excused_is_not_counted_once() -> None:
    made = running(1)
    decision, row = made.excuse(at()), made.record.job
    assert decision == Decision(rows={"job": row}) and row.handed_over
    for takeovers in (0, 1):
        successor = JobRecord(row)
        take_over(successor, 5, 2, OPTIONS, at())
        row = successor.job
        assert row.takeovers == takeovers and not row.handed_over


def test_a_stable_leadership_clears_the_count() -> None:
    made = running(1)
    made.record.job = replace(made.record.job, takeovers=3)
    successor = JobMaster(made.record, graph(1), 2, OPTIONS)
    successor.start(at())
    assert successor.tick(at(59)) == Decision()
    assert successor.tick(at(60)).rows["job"] == replace(made.record.job, takeovers=0)


def test_too_many_takeovers_end_the_job_and_give_its_slots_back() -> None:
    made = running(1)
    made.record.job = replace(made.record.job, takeovers=10)
    decision = take_over(made.record, 99, 11, JobMasterOptions(takeover_limit=10), at())
    assert states(made) == ["FAILED", "CANCELED", "CANCELED"]
    failure = made.record.job.root_failure
    assert failure is not None and "taken over 11 times without 60 s of stable leadership" in failure.message
    back = ReleaseSlot(allocation=allocation(0), job=JOB, epoch=11, time=1000)
    assert ToSlot(allocation(0), back) in decision.ops and ToTaskManager("tm-1", back) in decision.ops
    assert isinstance(decision.ops[-1], Bury)
    assert not made.record.outbox


def test_an_aborted_job_that_was_being_cancelled_is_canceled() -> None:
    made = running(1)
    made.handle(CancelRequested(), at())
    end.abort(made.record, 2, Failure(message="poison"), at())
    assert made.record.job.state is JobState.CANCELED


def test_an_aborted_job_whose_tasks_had_all_finished_is_finished() -> None:
    made = running(1)
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    made.handle(task(FLAT_MAP, 0, "FINISHED"), at())
    decision = end.abort(made.record, 2, Failure(message="poison"), at())
    assert made.record.job.state is JobState.FINISHED and made.record.job.root_failure is None
    assert decision.outbox == {"delete-logs:0": None}


def test_a_terminal_job_is_left_alone() -> None:
    record = JobRecord(replace(new_row(), state=JobState.FINISHED))
    assert end.abort(record, 2, Failure(message="poison"), at()) == Decision()


def test_a_successor_hints_again_by_its_own_clock() -> None:
    made = master(1)
    made.start(at(100))
    made.handle(offered(0), at(100))
    made.handle(EffectDone(effect=f"hint:{allocation(0)}"), at(100))
    successor = JobMaster(made.record, graph(1), 2, OPTIONS)
    successor.start(at(7))
    assert successor.tick(at(8)) == Decision()
    assert set(successor.tick(at(9)).outbox) == {f"hint:{allocation(0)}"}


def test_a_successor_has_tasks_killed_that_do_not_stop() -> None:
    made = running(1)
    made.handle(CancelRequested(), at(100))
    successor = JobMaster(made.record, graph(1), 2, JobMasterOptions(cancellation_timeout=10))
    successor.start(at(7))
    kill = ReleaseSlot(allocation=allocation(0), job=JOB, answer=True, epoch=2, time=18000)
    assert successor.tick(at(17)) == Decision(ops=[ToTaskManager("tm-1", kill)])
