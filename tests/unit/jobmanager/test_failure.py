"""What ends a job early: user exceptions, lost slots, cancel, tasks that do not stop."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CancelRequested, CancelTasks, EffectDone, ReleaseSlot, SlotLost, TaskAttempt
from penstock.coordination.rows import FailureRow, SlotRow
from penstock.graph.states import JobState
from penstock_jobmanager.decision import Decision, ToResourceManager, ToSlot, ToTaskManager
from penstock_jobmanager.options import JobMasterOptions
from penstock_taskmanager.effects import KillChild, TellJob
from penstock_taskmanager.slot_table import SlotTable
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    JOB,
    LOGS_CREATED,
    SOURCE,
    allocation,
    at,
    claimed,
    lost,
    master,
    offered,
    running,
    states,
    task,
)

RAISED = Failure(message="ValueError: bad line", traceback="job.py line 3 …")


def cancel(number: int, *tasks: tuple[str, int]) -> ToSlot:
    attempts = tuple(TaskAttempt(vertex=v, subtask=s, attempt=0) for v, s in tasks)
    return ToSlot(allocation(number), CancelTasks(tasks=attempts, epoch=1, time=1000))


def test_a_failed_task_stops_all_others_and_is_the_root() -> None:
    made = running(2)
    decision = made.handle(task(FLAT_MAP, 1, "FAILED", RAISED), at())
    root = replace(RAISED, task_name="Flat Map (2/2)", endpoint="h", taskmanager="tm-1")
    assert states(made) == ["FAILING", "CANCELING", "CANCELING", "FAILED"]
    assert made.record.job.root_failure == root
    assert decision.rows["failure:0"] == FailureRow(time=1000, failure=root)
    assert decision.rows[f"execution:{FLAT_MAP}:1"] == made.record.executions[FLAT_MAP, 1]
    assert made.record.executions[FLAT_MAP, 1].failure == root
    assert decision.ops == [cancel(0, (SOURCE, 0), (FLAT_MAP, 0))]


def test_what_fails_while_it_is_stopped_is_history_and_not_the_root() -> None:
    made = running(2)
    made.handle(task(FLAT_MAP, 1, "FAILED", RAISED), at())
    made.handle(task(FLAT_MAP, 0, "FAILED", Failure(message="KeyError: 2")), at(1))
    assert states(made) == ["FAILING", "CANCELING", "CANCELED", "FAILED"]
    assert made.record.job.root_failure is not None and made.record.job.root_failure.message == "ValueError: bad line"
    assert made.record.failures[1].failure.message == "KeyError: 2"
    made.handle(task(SOURCE, 0, "CANCELED"), at(1))
    made.handle(EffectDone(effect="delete-logs:0"), at(1))
    assert made.record.job.state is JobState.FAILED


def test_a_task_that_ends_as_canceled_though_nobody_asked_has_failed() -> None:
    made = running(1)
    made.handle(task(SOURCE, 0, "CANCELED"), at())
    failure = made.record.job.root_failure
    assert states(made) == ["FAILING", "FAILED", "CANCELING"]
    assert failure is not None and failure.message == "the task reported CANCELED without a reason"


def test_a_lost_slot_fails_its_tasks() -> None:
    made = running(2)
    decision = made.handle(lost(0, pid=100), at())
    assert states(made) == ["FAILING", "FAILED", "FAILED", "CANCELING"]
    failure = made.record.job.root_failure
    assert failure == Failure(
        message="the slot 0 of TaskManager tm-1 was lost: killed by signal 9",
        task_name="Source (1/1)",
        endpoint="h",
        taskmanager="tm-1",
    )
    assert cancel(1, (FLAT_MAP, 1)) in decision.ops
    assert made.handle(lost(0, pid=100), at()) == Decision()


def test_the_loss_of_another_process_than_the_one_that_claimed_is_ignored() -> None:
    made = running(2)
    assert made.handle(lost(0, pid=4711), at()) == Decision()


def test_a_slot_lost_while_its_tasks_stop_stops_them() -> None:
    made = running(2)
    made.handle(CancelRequested(), at())
    made.handle(lost(0), at())
    assert states(made) == ["CANCELLING", "CANCELED", "CANCELED", "CANCELING"]
    made.handle(task(FLAT_MAP, 1, "FINISHED"), at())
    made.handle(EffectDone(effect="delete-logs:0"), at())
    assert made.record.job.state is JobState.CANCELED and made.record.job.root_failure is None


def test_a_slot_process_that_nobody_saw_die_is_told_to_leave() -> None:
    release = ToSlot(allocation(0), ReleaseSlot(allocation=allocation(0), job=JOB, epoch=1, time=1000))
    assert release in running(2).handle(lost(0), at()).ops
    assert release not in running(2).handle(lost(0, pid=100), at()).ops


def test_cancel_while_waiting_for_slots_ends_at_once_and_gives_back_what_came() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    decision = made.handle(CancelRequested(), at())
    assert states(made) == ["CANCELED"] * 4
    assert made.done
    back = ReleaseSlot(allocation=allocation(0), job=JOB, epoch=1, time=1000)
    assert ToTaskManager("tm-1", back) in decision.ops and ToSlot(allocation(0), back) in decision.ops
    assert any(isinstance(op, ToResourceManager) for op in decision.ops)
    assert decision.rows[f"request:{JOB}-1"] is None
    assert decision.outbox == {f"hint:{allocation(0)}": None}


def test_cancel_while_the_logs_are_made_has_them_deleted() -> None:
    made = master(1)
    made.start(at())
    made.handle(offered(0), at())
    decision = made.handle(CancelRequested(), at())
    assert states(made) == ["CANCELLING", "CANCELED", "CANCELED"]
    assert set(decision.outbox) == {f"hint:{allocation(0)}", "create-logs:0", "delete-logs:0"}
    assert made.handle(LOGS_CREATED, at()) == Decision()
    made.handle(EffectDone(effect="delete-logs:0"), at())
    assert made.record.job.state is JobState.CANCELED


def test_cancel_twice_is_cancel_once() -> None:
    made = running(1)
    made.handle(CancelRequested(), at())
    assert made.handle(CancelRequested(), at()) == Decision()


def test_cancel_of_a_failing_job_makes_it_canceled() -> None:
    made = running(2)
    made.handle(task(FLAT_MAP, 1, "FAILED", RAISED), at())
    decision = made.handle(CancelRequested(), at())
    assert made.record.job.state is JobState.CANCELLING
    assert decision.ops == []  # the tasks have been told


def test_cancel_comes_too_late_where_every_task_is_over() -> None:
    made = running(1)
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    made.handle(task(FLAT_MAP, 0, "FINISHED"), at())
    assert made.handle(CancelRequested(), at()) == Decision()


def test_a_deployed_slot_that_never_claimed_is_given_up_when_the_job_stops() -> None:
    made = master(1)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(LOGS_CREATED, at())
    made.handle(CancelRequested(), at(1))
    assert states(made) == ["CANCELLING", "CANCELING", "CANCELING"]
    made.tick(at(2))
    assert states(made) == ["CANCELLING", "CANCELED", "CANCELED"]


def test_a_slot_that_claimed_late_is_waited_for() -> None:
    made = master(1)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(LOGS_CREATED, at())
    made.handle(CancelRequested(), at(1))
    made.handle(claimed(0), at(1))
    made.tick(at(2))
    assert states(made) == ["CANCELLING", "CANCELING", "CANCELING"]


def test_tasks_that_do_not_stop_are_killed_by_their_taskmanager() -> None:
    made = running(2, JobMasterOptions(cancellation_timeout=10))
    made.handle(CancelRequested(), at())
    made.handle(task(FLAT_MAP, 1, "CANCELED"), at())
    assert made.tick(at(9)) == Decision()
    kill = ReleaseSlot(allocation=allocation(0), job=JOB, answer=True, epoch=1, time=11000)
    assert made.tick(at(10)) == Decision(ops=[ToTaskManager("tm-1", kill)])
    assert made.next_deadline() == 20


def test_a_job_whose_tasks_do_not_stop_ends_once_their_process_was_killed() -> None:
    made = running(1, JobMasterOptions(cancellation_timeout=10))
    made.handle(CancelRequested(), at())
    (kill,) = made.tick(at(10)).ops
    assert isinstance(kill, ToTaskManager)
    active = SlotRow(state="ACTIVE", incarnation="i", allocation=allocation(0), job=JOB, pid=100)
    table = SlotTable(taskmanager="tm-1", incarnation="i", slots=1, host="h", queue="q", grace=5.0)
    assert table.command(kill.command, {0: active}, 10.0) == []
    assert [type(effect) for effect in table.due({0: active}, 10.0)] == [KillChild]
    (told,) = (effect for effect in table.exited({100}, {0: active}) if isinstance(effect, TellJob))
    assert isinstance(told.event, SlotLost)
    made.handle(told.event, at(15))
    made.handle(EffectDone(effect="delete-logs:0"), at(15))
    assert made.record.job.state is JobState.CANCELED


def test_without_a_cancellation_timeout_nobody_is_killed() -> None:
    made = running(1, JobMasterOptions(cancellation_timeout=0))
    made.handle(CancelRequested(), at())
    assert made.next_deadline() is None


def test_the_exception_history_is_bounded_and_keeps_the_newest() -> None:
    made = running(3, JobMasterOptions(exception_history_size=2))
    made.handle(task(FLAT_MAP, 0, "FAILED", Failure(message="0")), at())
    made.handle(task(FLAT_MAP, 1, "FAILED", Failure(message="1")), at())
    decision = made.handle(task(FLAT_MAP, 2, "FAILED", Failure(message="2")), at())
    assert decision.rows["failure:0"] is None
    assert [row.failure.message for row in made.record.failures.values()] == ["1", "2"]
    assert made.record.job.root_failure is not None and made.record.job.root_failure.message == "0"
