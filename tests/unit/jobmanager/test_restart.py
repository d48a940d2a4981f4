"""A job that starts again: what is kept, what is new, what it begins with, and everything that may come in between."""

from typing import Any

import pytest
from msgspec.structs import replace

from penstock.client.config.options.checkpointing import RestartStrategy
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CancelRequested,
    CancelTasks,
    Deploy,
    EffectDone,
    LogsCreated,
    ReleaseSlot,
    RestoreRef,
    SlotOffered,
    SlotRequestsCancelled,
    SlotsRequested,
    TaskAttempt,
)
from penstock.coordination.restart_strategy import RestartConfig
from penstock.coordination.rows import AttemptsRow, RestartRow
from penstock.graph.states import JobState
from penstock_jobmanager.decision import Decision, Forget, ToResourceManager, ToSlot, ToTaskManager
from penstock_jobmanager.effects import CreateLogs, DeleteLogs, SweepCheckpoints
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.options import JobMasterOptions
from tests.unit.jobmanager.checkpoint_messages import END_MIRRORED, acked, commands, complete, mirrored, row, written
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    JOB,
    REF,
    SOURCE,
    allocation,
    at,
    checkpointed,
    graph,
    lost,
    master,
    offered,
    reloaded,
    running,
    states,
    task,
)

RAISED = Failure(message="ValueError: bad line", traceback="job.py line 3 …")
PARALLELISM = {SOURCE: 1, FLAT_MAP: 2}


def exponential(**changes: Any) -> JobMasterOptions:
    restart = RestartConfig(kind=RestartStrategy.EXPONENTIAL_DELAY, attempts=-1, delay=100, jitter=0.0)
    return checkpointed(restart, **changes)


def logs(generation: int) -> LogsCreated:
    return LogsCreated(generation=generation, exchange=(REF,))


def again(number: int, taskmanager: str = "tm-1") -> SlotOffered:
    """An offer for place `number` of two, with the request that follows the first ones."""
    request = f"{JOB}-{number}"
    return replace(offered(0, taskmanager), request=request, allocation=f"{request}-7-{number}")


def failed(options: JobMasterOptions | None = None, seconds: float = 15) -> JobMaster:
    """Checkpoint 1 is there, a task has failed, all are told to stop."""
    made = running(2, options or checkpointed())
    made.tick(at(10))
    complete(made, 1, 11)
    made.handle(task(FLAT_MAP, 1, "FAILED", RAISED), at(seconds))
    return made


def stopped(options: JobMasterOptions | None = None, seconds: float = 15) -> JobMaster:
    made = failed(options, seconds)
    made.handle(task(SOURCE, 0, "CANCELED"), at(seconds))
    made.handle(task(FLAT_MAP, 0, "CANCELED"), at(seconds))
    return made


def test_a_failure_stops_all_tasks_and_says_when_they_start_again() -> None:
    made = running(2, checkpointed())
    decision = made.handle(task(FLAT_MAP, 1, "FAILED", RAISED), at(5))
    assert states(made) == ["RESTARTING", "CANCELING", "CANCELING", "FAILED"]
    assert made.record.job.message == "restarting in 1 s after ValueError: bad line"
    assert made.record.job.root_failure is None
    assert decision.rows["restart"] == RestartRow(restarts=1, due=7000)
    assert made.record.failures[0].failure.traceback == RAISED.traceback
    tasks = (TaskAttempt(vertex=SOURCE, subtask=0, attempt=0), TaskAttempt(vertex=FLAT_MAP, subtask=0, attempt=0))
    assert decision.ops == [ToSlot(allocation(0), CancelTasks(tasks=tasks, epoch=1, time=6000))]


def test_after_the_pause_one_commit_makes_all_attempts_new_on_the_slots_that_live() -> None:
    made = stopped()
    assert states(made) == ["RESTARTING", "CANCELED", "CANCELED", "FAILED"]
    assert made.tick(at(15.9)) == Decision()
    decision = made.tick(at(16))
    assert states(made) == ["CREATED", "DEPLOYING", "DEPLOYING", "DEPLOYING"]
    assert {(e.attempt, e.epoch) for e in made.record.executions.values()} == {(1, 1)}
    assert [made.record.executions[v, s].allocation for v, s in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1))] == [
        allocation(0),
        allocation(0),
        allocation(1),
    ]
    history = decision.rows[f"attempts:{FLAT_MAP}:1"]
    assert isinstance(history, AttemptsRow)
    ((attempt, ended),) = [(row.attempt, row.state) for row in history.attempts]
    assert (attempt, ended, history.attempts[0].failure) == (0, "FAILED", Failure(message=RAISED.message))
    assert reloaded([decision]).attempts == made.record.attempts
    assert made.record.job.generation == 1 and made.record.restart.due is None
    assert decision.outbox == {
        "delete-logs:0": DeleteLogs(generation=0, parallelism=PARALLELISM),
        "create-logs:1": CreateLogs(generation=1),
    }
    assert decision.ops == []  # no hint, no request: the processes are ours already
    assert not any(a.deployed for a in made.record.allocations.values())


def test_they_begin_with_the_newest_checkpoint() -> None:
    made = stopped()
    made.tick(at(16))
    decision = made.handle(logs(1), at(17))
    deploys = [command for command in commands(decision, Deploy) if isinstance(command, Deploy)]
    ref = RestoreRef(checkpoint=1, path="/c/chk-1/_metadata", checksum="sum")
    assert [(d.restore, d.generation, d.checkpointing) for d in deploys] == [(ref, 1, True)] * 2
    assert [t.attempt for d in deploys for t in d.tasks] == [1, 1, 1]
    counters = made.record.counters
    assert (counters.restored, counters.restored_id, counters.restored_at) == (1, 1, 18000)
    assert counters.restored_path == "/c/chk-1/_metadata" and not counters.restored_savepoint
    assert made.record.job.restore == ref and made.record.job.state is JobState.RUNNING


def test_without_a_checkpoint_they_begin_from_scratch() -> None:
    made = running(2, checkpointed())
    for failure in (task(FLAT_MAP, 1, "FAILED", RAISED), task(SOURCE, 0, "CANCELED"), task(FLAT_MAP, 0, "CANCELED")):
        made.handle(failure, at(5))
    made.tick(at(6))
    deploys = commands(made.handle(logs(1), at(6)), Deploy)
    assert [d.restore for d in deploys if isinstance(d, Deploy)] == [None, None]
    assert made.record.counters.restored == 0


def test_reports_and_acknowledgements_of_former_attempts_change_nothing() -> None:
    made = stopped()
    made.tick(at(16))
    made.handle(logs(1), at(16))
    for stale in (task(SOURCE, 0, "FINISHED"), task(FLAT_MAP, 0, "FAILED", RAISED), acked(1, SOURCE, 0)):
        assert made.handle(stale, at(17)) == Decision()
    assert made.handle(logs(0), at(17)) == Decision()


def test_the_next_interval_begins_with_the_new_attempts() -> None:
    made = stopped()
    made.tick(at(16))
    made.handle(logs(1), at(16))
    for vertex, subtask in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1)):
        for state in ("INITIALIZING", "RUNNING"):
            made.handle(task(vertex, subtask, state, attempt=1), at(20))
    assert made.next_deadline() == 30
    made.tick(at(30))
    assert (row(made, 2).generation, row(made, 2).status) == (1, "PENDING")


def test_what_fails_while_the_job_stops_is_history() -> None:
    made = failed()
    made.handle(task(FLAT_MAP, 0, "FAILED", Failure(message="KeyError: 2")), at(15))
    assert states(made) == ["RESTARTING", "CANCELING", "CANCELED", "FAILED"]
    assert [f.failure.message for f in made.record.failures.values()] == ["ValueError: bad line", "KeyError: 2"]
    assert made.record.restart.restarts == 1


def test_a_strategy_that_has_had_enough_fails_the_job() -> None:
    made = running(2, checkpointed(RestartConfig(kind=RestartStrategy.FIXED_DELAY, attempts=0)))
    made.handle(task(FLAT_MAP, 1, "FAILED", RAISED), at(5))
    assert states(made) == ["FAILING", "CANCELING", "CANCELING", "FAILED"]
    assert made.record.job.root_failure is not None and made.record.job.root_failure.message == RAISED.message


@pytest.mark.parametrize(("planned", "state"), [(True, "RESTARTING"), (False, "FAILING")])
def test_a_taskmanager_that_was_told_to_leave_is_no_failure_for_the_strategy(planned: bool, state: str) -> None:
    made = running(2, checkpointed(RestartConfig(kind=RestartStrategy.FIXED_DELAY, attempts=0)))
    made.tick(at(10))
    complete(made, 1, 11)
    made.handle(replace(lost(1), planned=planned), at(15))
    assert states(made)[0] == state


def test_a_job_that_cannot_be_restored_asks_its_strategy_then_too() -> None:
    made = running(2, checkpointed(RestartConfig(kind=RestartStrategy.FIXED_DELAY, attempts=0)))
    made.handle(replace(lost(1), planned=True), at(5))
    assert states(made)[0] == "FAILING"


def test_a_lost_slot_is_replaced_and_the_others_are_kept() -> None:
    made = running(2, exponential())
    made.handle(lost(1, pid=101), at(5))
    assert states(made) == ["RESTARTING", "CANCELING", "CANCELING", "FAILED"]
    made.handle(task(SOURCE, 0, "CANCELED"), at(5))
    # a lost process, the first one: no pause
    decision = made.handle(task(FLAT_MAP, 0, "CANCELED"), at(5))
    assert states(made) == ["CREATED", "SCHEDULED", "SCHEDULED", "SCHEDULED"]
    request = SlotsRequested(job=JOB, requests=(f"{JOB}-3",), epoch=1, time=6000)
    assert decision.ops == [Forget(allocation(1)), ToResourceManager(request)]
    assert decision.rows[f"allocation:{allocation(1)}"] is None
    assert made.record.job.message == "waiting for 1 of 2 slots"
    made.handle(again(3, "tm-2"), at(60))
    assert states(made) == ["CREATED", "DEPLOYING", "DEPLOYING", "DEPLOYING"]
    made.handle(logs(1), at(60))
    placed = [e.taskmanager for e in made.record.executions.values()]
    assert placed == ["tm-1", "tm-1", "tm-2"] and made.record.job.message == ""


def test_slots_that_do_not_come_in_time_are_a_failure_like_others() -> None:
    options = replace_timeout(exponential(), 30)
    made = running(2, options)
    made.handle(lost(1, pid=101), at(5))
    made.handle(task(SOURCE, 0, "CANCELED"), at(5))
    made.handle(task(FLAT_MAP, 0, "CANCELED"), at(5))
    decision = made.tick(at(35))
    newest = made.record.failures[max(made.record.failures)].failure
    assert newest.message.startswith("NoResourceAvailableException: could not get 1 of 2 slots within 30 s")
    assert made.record.job.state is JobState.RESTARTING and not made.record.requests
    assert ToResourceManager(SlotRequestsCancelled(job=JOB, epoch=1, time=36000)) in decision.ops
    # an offer for the request of before goes back, and another one is asked for after the pause
    back = made.handle(again(3), at(35))
    assert [type(op.command) for op in back.ops if isinstance(op, ToTaskManager)] == [ReleaseSlot]
    made.tick(at(35.15))
    assert list(made.record.requests) == [f"{JOB}-5"] and states(made)[0] == "CREATED"


def replace_timeout(options: JobMasterOptions, seconds: float) -> JobMasterOptions:
    return JobMasterOptions(checkpoints=options.checkpoints, restart=options.restart, slot_request_timeout=seconds)


def test_an_offer_on_its_way_to_a_failed_job_goes_back_and_its_place_is_asked_for_anew() -> None:
    made = master(2, exponential())
    made.start(at())
    made.handle(offered(0), at())
    made.handle(lost(0), at(1))  # before any deploy: only another slot is asked for
    assert states(made)[0] == "CREATED" and list(made.record.requests) == [f"{JOB}-1", f"{JOB}-2"]


def test_logs_that_cannot_be_made_are_a_failure_like_others() -> None:
    made = master(1, checkpointed())
    made.start(at())
    made.handle(offered(0), at())
    made.handle(EffectDone(effect="create-logs:0", error="ConnectionError: refused"), at())
    assert states(made) == ["RESTARTING", "CANCELED", "CANCELED"]
    decision = made.tick(at(1))
    assert states(made) == ["CREATED", "DEPLOYING", "DEPLOYING"]
    assert set(decision.outbox) == {"delete-logs:0", "create-logs:1"}
    assert made.record.allocations[allocation(0)].state == "OFFERED"


def test_a_slot_that_is_lost_while_the_job_stops_is_replaced_too() -> None:
    made = failed()
    made.handle(lost(0, pid=100), at(15))
    assert states(made) == ["RESTARTING", "CANCELED", "CANCELED", "FAILED"]
    made.tick(at(16))
    assert list(made.record.requests) == [f"{JOB}-2"] and made.record.restart.restarts == 1


def test_a_slot_whose_tasks_do_not_stop_is_killed_and_replaced() -> None:
    made = failed()
    kill = ReleaseSlot(allocation=allocation(0), job=JOB, answer=True, epoch=1, time=21000)
    assert made.tick(at(20)) == Decision(ops=[ToTaskManager("tm-1", kill)])
    made.handle(lost(0, pid=100), at(21))
    assert list(made.record.requests) == [f"{JOB}-2"]
    assert states(made)[0] == "CREATED"


def test_a_cancel_while_the_job_stops_or_waits_ends_it() -> None:
    for made in (failed(), stopped()):
        made.handle(CancelRequested(), at(15.5))
        assert made.record.job.state is JobState.CANCELLING
        for subtask in ((SOURCE, 0), (FLAT_MAP, 0)):
            made.handle(task(*subtask, "CANCELED"), at(15.6))
        assert made.tick(at(30)) == Decision()
        assert "sweep-checkpoints" not in made.record.outbox, "not before its end is known to storage"
        made.handle(END_MIRRORED, at(30))
        assert made.record.outbox.keys() == {"delete-logs:0", "discard-checkpoint:1", "sweep-checkpoints"}
        for effect in list(made.record.outbox):
            made.handle(EffectDone(effect=effect), at(31))
        assert states(made)[0] == "CANCELED" and made.done


def test_a_successor_at_any_step_goes_on() -> None:
    made = failed()
    successor = JobMaster(made.record, graph(2), 2, checkpointed())
    assert successor.start(at(15.2)) == Decision()
    successor.handle(task(SOURCE, 0, "CANCELED"), at(15.2))
    successor.handle(task(FLAT_MAP, 0, "CANCELED"), at(15.2))
    waiting = JobMaster(successor.record, graph(2), 3, checkpointed())
    assert waiting.start(at(15.4)) == Decision() and waiting.next_deadline() == 16
    waiting.tick(at(16))
    assert {(e.attempt, e.epoch) for e in waiting.record.executions.values()} == {(1, 3)}
    deploying = JobMaster(waiting.record, graph(2), 4, checkpointed())
    assert deploying.start(at(17)) == Decision()
    deploying.handle(logs(1), at(18))
    assert deploying.record.job.state is JobState.RUNNING


def test_a_successor_that_comes_after_the_pause_does_not_wait() -> None:
    made = stopped()
    successor = JobMaster(made.record, graph(2), 2, checkpointed())
    successor.start(at(100))
    assert states(successor)[0] == "CREATED"


def test_all_of_it_survives_its_encoding() -> None:
    made = master(2, checkpointed())
    decisions = [made.start(at()), *(made.handle(offered(n), at()) for n in (0, 1)), made.handle(logs(0), at())]
    for vertex, subtask in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1)):
        decisions += [made.handle(task(vertex, subtask, s), at()) for s in ("INITIALIZING", "RUNNING")]
    decisions.append(made.tick(at(10)))
    for vertex, subtask in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1)):
        decisions.append(made.handle(acked(1, vertex, subtask), at(11)))
    assert reloaded(decisions) == made.record
    decisions += [made.handle(written(1), at(11)), made.handle(mirrored(1), at(11))]
    decisions += [made.handle(task(SOURCE, 0, "FAILED", RAISED), at(12))]
    assert reloaded(decisions) == made.record
    decisions += [made.handle(task(FLAT_MAP, n, "CANCELED"), at(12)) for n in (0, 1)]
    decisions += [made.tick(at(13)), made.handle(logs(1), at(14))]
    assert reloaded(decisions) == made.record


def damaged(checkpoint: int, attempt: int = 1) -> object:
    failure = Failure(message="CheckpointUnusable: chk: the file is missing", unusable_checkpoint=checkpoint)
    return task(SOURCE, 0, "FAILED", failure, attempt=attempt)


def restoring(**config: Any) -> JobMaster:
    """Checkpoints 1 and 2 are there, and 2 is being restored."""
    made = running(2, checkpointed(**config))
    for number in (1, 2):
        made.tick(at(10 * number))
        complete(made, number, 10 * number + 1)
    for report in (task(FLAT_MAP, 1, "FAILED", RAISED), task(SOURCE, 0, "CANCELED"), task(FLAT_MAP, 0, "CANCELED")):
        made.handle(report, at(25))
    made.tick(at(26))
    made.handle(logs(1), at(26))
    assert made.record.job.restore is not None and made.record.job.restore.checkpoint == 2
    return made


def test_a_checkpoint_that_cannot_be_used_is_passed_over_without_asking_the_strategy() -> None:
    made = restoring(num_retained=2)
    restarts = made.record.restart.restarts
    made.handle(damaged(2), at(27))  # type: ignore[arg-type]
    assert row(made, 2).unusable and made.record.job.state is JobState.RESTARTING
    for subtask in (0, 1):
        made.handle(task(FLAT_MAP, subtask, "CANCELED", attempt=1), at(27))
    deploys = commands(made.handle(logs(2), at(28)), Deploy)
    assert {d.restore.checkpoint for d in deploys if isinstance(d, Deploy) and d.restore} == {1}
    assert made.record.restart.restarts == restarts
    assert "CheckpointUnusable" in made.record.failures[1].failure.message


def test_with_none_left_the_job_fails_and_does_not_begin_from_scratch() -> None:
    made = restoring()
    made.handle(damaged(2), at(27))  # type: ignore[arg-type]
    assert made.record.job.state is JobState.FAILING
    root = made.record.job.root_failure
    assert root is not None and root.message.startswith("no usable checkpoint is left (2 unusable)")
    for subtask in (0, 1):
        made.handle(task(FLAT_MAP, subtask, "CANCELED", attempt=1), at(27))
    made.handle(END_MIRRORED, at(27))
    assert isinstance(made.record.outbox["sweep-checkpoints"], SweepCheckpoints)


def test_a_damaged_file_of_another_checkpoint_than_the_restored_one_is_a_failure_like_others() -> None:
    made = restoring(num_retained=2)
    made.handle(damaged(1), at(27))  # type: ignore[arg-type]
    assert not row(made, 1).unusable and not row(made, 2).unusable
    assert made.record.job.state is JobState.RESTARTING and made.record.restart.restarts == 2


def test_what_no_restart_can_cure_is_not_tried_again() -> None:
    made = running(1, exponential())
    made.handle(task(FLAT_MAP, 0, "FAILED", Failure(message="state 's' is another", incurable=True)), at(2))
    assert made.record.job.state is JobState.FAILING
