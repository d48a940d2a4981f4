"""What users ask for: checkpoints and savepoints now, stop, cancel with a savepoint, starting from one."""

import pytest

from penstock.checkpoint.options import CheckpointOptions
from penstock.client.config.options.checkpointing import Retention
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CancelRequested,
    Deploy,
    EffectDone,
    NotifyCheckpointAborted,
    NotifyCheckpointComplete,
    RestoreRef,
    SavepointRead,
    TriggerCheckpoint,
)
from penstock.coordination.rows import TriggerRow
from penstock.graph.states import JobState
from penstock_jobmanager import trigger_rows
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.effects import ReadSavepoint, SweepCheckpoints
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.options import JobMasterOptions
from tests.unit.jobmanager.checkpoint_messages import (
    END_MIRRORED,
    ack_all,
    acked,
    asked,
    commands,
    complete,
    declined,
    exhausted,
    mirrored,
    row,
    written,
)
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    LOGS_CREATED,
    OPTIONS,
    SOURCE,
    at,
    checkpointed,
    graph,
    master,
    offered,
    running,
    states,
    task,
)

FOLDER = "/s/savepoint-012345-"


def trigger(made: JobMaster, name: str = "t") -> TriggerRow:
    return made.record.triggers[name]


def folder(made: JobMaster, checkpoint: int) -> str:
    return row(made, checkpoint).options.directory


def finish_all(made: JobMaster, seconds: float) -> None:
    for (vertex, subtask), execution in list(made.record.executions.items()):
        made.handle(task(vertex, subtask, "FINISHED", attempt=execution.attempt), at(seconds))


def test_a_savepoint_without_checkpointing() -> None:
    made = running(2)
    decision = made.handle(asked(directory="/mine/"), at(5))
    options = CheckpointOptions(directory=folder(made, 1), savepoint=True, full=True, timestamp=6000)
    assert row(made, 1).options == options and options.directory.startswith("/mine/savepoint-012345-")
    assert len(commands(decision, TriggerCheckpoint)) == 1 and not row(made, 1).owned
    assert trigger(made) == TriggerRow(trigger="t", kind="savepoint", state="IN_PROGRESS", time=6000, checkpoint=1)
    assert made.handle(asked(directory="/mine/"), at(5)) == Decision()  # the same request again
    ack_all(made, 1, 6)
    decision = made.handle(written(1, folder(made, 1)), at(6))
    assert (trigger(made).state, trigger(made).location) == ("COMPLETED", folder(made, 1))
    # as in Flink, nothing is committed for it, and nothing is restored from it
    assert not commands(decision, NotifyCheckpointComplete) and "mirror-pointer:1" not in made.record.outbox
    assert made.record.counters.pointer is None and made.record.counters.completed == 1


def test_it_runs_beside_a_checkpoint_and_subsumes_nothing() -> None:
    made = running(2, checkpointed())
    made.tick(at(10))
    made.handle(asked(), at(11))
    assert folder(made, 2).startswith(FOLDER)
    ack_all(made, 2, 12)
    made.handle(written(2, folder(made, 2)), at(12))
    assert row(made, 1).status == "PENDING"
    decision = complete(made, 1, 13)
    assert "discard-checkpoint:2" not in decision.outbox and not row(made, 2).discarded


def test_what_runs_beside_a_savepoint_and_what_a_user_keeps_is_aligned() -> None:
    made = running(2, checkpointed(unaligned=True, aligned_timeout=0.2))
    made.handle(asked(), at(5))
    made.handle(asked("u", savepoint=False), at(6))
    assert not row(made, 1).options.unaligned and not row(made, 2).options.unaligned
    ack_all(made, 1, 16)
    made.handle(written(1, folder(made, 1)), at(16))
    complete(made, 2, 17)
    made.tick(at(30))
    options = row(made, 3).options
    assert options.unaligned and options.aligned_timeout_ms == 200
    for execution in list(made.record.executions.values()):
        made.handle(exhausted(execution.vertex, execution.subtask), at(31))
    complete(made, 3, 31)
    assert row(made, 4).final and not row(made, 4).options.unaligned


def test_a_savepoint_that_fails_says_why_and_is_not_counted_against_the_job() -> None:
    made = running(2, checkpointed())
    made.handle(asked(), at(1))
    directory = folder(made, 1)
    decision = made.handle(declined(1, FLAT_MAP, 0), at(2))
    assert decision.outbox["discard-checkpoint:1"].directory == directory  # type: ignore[union-attr]
    found = trigger(made).failure
    assert trigger(made).state == "FAILED" and found is not None
    assert found.message == "Flat Map (1/2) declined it: OSError: disk full"
    assert made.record.job.state is JobState.RUNNING and made.record.counters.consecutive_failures == 0


@pytest.mark.parametrize(
    ("options", "request_", "reason"),
    [
        (
            OPTIONS,
            asked(),
            "Config key [execution.checkpointing.savepoint-dir] is not set. Property [target-directory]",
        ),
        (OPTIONS, asked(savepoint=False), "the job has no checkpoint storage: set execution.checkpointing.dir"),
        (checkpointed(interval=None, is_batch=True), asked(), "a batch job has no checkpoints or savepoints"),
    ],
)
def test_what_cannot_be_is_answered_at_once(options: JobMasterOptions, request_: object, reason: str) -> None:
    made = running(1, options)
    decision = made.handle(request_, at(1))  # type: ignore[arg-type]
    failure = trigger(made).failure
    assert trigger(made).state == "FAILED" and failure is not None and failure.message.startswith(reason)
    assert not decision.ops and not made.record.checkpoints


def test_a_job_that_does_not_run_yet_says_so() -> None:
    made = master(1, checkpointed())
    made.start(at())
    made.handle(asked(), at())
    failure = trigger(made).failure
    assert failure is not None and failure.message == "the job is CREATED"
    made.handle(offered(0), at())
    made.handle(LOGS_CREATED, at())
    made.handle(asked("u"), at())
    failure = trigger(made, "u").failure
    assert failure is not None
    assert failure.message == "not all required tasks are currently running: Source (1/1) is DEPLOYING"


def test_a_checkpoint_now() -> None:
    made = running(1, checkpointed(interval=None))
    made.handle(asked(savepoint=False, full=True), at(1))
    assert row(made, 1).owned and row(made, 1).options.full and folder(made, 1) == "/c/chk-1"
    complete(made, 1, 2)
    assert (trigger(made).state, trigger(made).checkpoint, made.record.counters.pointer) == ("COMPLETED", 1, 1)


@pytest.mark.parametrize("mode", ["suspend", "drain"])
def test_stop_ends_the_job_with_its_savepoint(mode: str) -> None:
    made = running(2, checkpointed())
    made.tick(at(10))
    complete(made, 1, 11)
    made.handle(asked(stop=mode), at(12))
    assert row(made, 2).options.stop == mode and trigger(made).kind == "stop" and made.record.job.stop == 2
    assert made.tick(at(60)) == Decision()  # no checkpoint is begun any more
    ack_all(made, 2, 61)
    made.handle(written(2, folder(made, 2)), at(61))
    decision = made.handle(mirrored(2), at(61))
    assert len(commands(decision, NotifyCheckpointComplete)) == 2
    assert trigger(made).state == "IN_PROGRESS"
    finish_all(made, 62)
    assert (trigger(made).state, trigger(made).location) == ("COMPLETED", folder(made, 2))
    made.handle(END_MIRRORED, at(62))
    assert set(made.record.outbox) == {"delete-logs:0", "discard-checkpoint:1", "sweep-checkpoints"}
    for effect in list(made.record.outbox):
        made.handle(EffectDone(effect=effect), at(63))
    assert made.record.job.state is JobState.FINISHED and not row(made, 2).discarded


def test_nothing_else_can_be_asked_of_a_job_that_is_being_stopped() -> None:
    made = running(1, checkpointed())
    made.handle(asked(stop="suspend"), at(1))
    made.handle(asked("u"), at(1))
    failure = trigger(made, "u").failure
    assert failure is not None and failure.message == "the job is being stopped with savepoint 1"


def test_a_suspending_savepoint_that_fails_leaves_the_job_going_on() -> None:
    made = running(1, checkpointed())
    made.handle(asked(stop="suspend"), at(1))
    decision = made.handle(declined(1, SOURCE, 0), at(2))
    assert commands(decision, NotifyCheckpointAborted) and trigger(made).state == "FAILED"
    assert made.record.job.state is JobState.RUNNING and made.record.job.stop is None
    assert len(commands(made.tick(at(10)), TriggerCheckpoint)) == 1


def test_a_draining_savepoint_that_fails_restarts_the_job() -> None:
    made = running(1, checkpointed())
    made.handle(asked(stop="drain"), at(1))
    made.handle(declined(1, SOURCE, 0), at(2))
    assert made.record.job.state is JobState.RESTARTING and made.record.job.stop is None
    assert "sources have ended for it" in made.record.failures[0].failure.message


def test_a_job_that_fails_while_it_stops_is_restored_from_that_savepoint_and_goes_on() -> None:
    made = running(2, checkpointed())
    made.handle(asked(stop="suspend"), at(1))
    directory = folder(made, 1)
    ack_all(made, 1, 2)
    made.handle(written(1, directory), at(2))
    made.handle(mirrored(1), at(2))
    made.handle(task(SOURCE, 0, "FINISHED"), at(3))
    made.handle(task(FLAT_MAP, 0, "FAILED", Failure(message="x")), at(3))
    failure = trigger(made).failure
    assert failure is not None and failure.message.startswith(
        f"a savepoint was made at {directory}, but the job failed"
    )
    made.handle(task(FLAT_MAP, 1, "CANCELED"), at(3))
    made.tick(at(4))
    assert made.record.job.stop is None
    decision = made.handle(LOGS_CREATED, at(5))
    assert decision == Decision()
    made.handle(type(LOGS_CREATED)(generation=1, exchange=LOGS_CREATED.exchange), at(5))
    assert made.record.job.restore == RestoreRef(checkpoint=1, path=f"{directory}/_metadata", checksum="sum")
    assert made.record.counters.restored_savepoint


def test_cancel_with_savepoint() -> None:
    made = running(1, checkpointed())
    made.handle(asked(cancel=True), at(1))
    ack_all(made, 1, 2)
    made.handle(written(1, folder(made, 1)), at(2))
    assert trigger(made).state == "COMPLETED" and made.record.job.state is JobState.CANCELLING
    assert not row(made, 1).discarded


def test_cancel_with_a_savepoint_that_fails_cancels_nothing() -> None:
    made = running(1, checkpointed())
    made.handle(asked(cancel=True), at(1))
    made.handle(declined(1, SOURCE, 0), at(2))
    assert trigger(made).state == "FAILED" and made.record.job.state is JobState.RUNNING


def test_the_end_of_the_job_answers_what_is_open() -> None:
    made = running(1, checkpointed())
    made.handle(asked(stop="suspend"), at(1))
    made.handle(CancelRequested(), at(2))
    failure = trigger(made).failure
    assert failure is not None and failure.message == "the job was cancelled"


def test_answers_are_bounded_and_open_requests_are_kept() -> None:
    made = running(1, checkpointed())
    made.handle(asked("open"), at(1))
    for number in range(100):
        made.handle(asked(f"u{number}", stop="none", directory=None, savepoint=True), at(1))
        made.handle(declined(number + 2, SOURCE, 0), at(1))
    assert len(made.record.triggers) <= trigger_rows.KEPT + 1
    assert trigger(made, "open").state == "IN_PROGRESS" and trigger(made, "u99").state == "FAILED"


# -- retention ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("retention", "end", "kept"),
    [
        (Retention.NO_EXTERNALIZED_CHECKPOINTS, "FINISHED", ()),
        (Retention.NO_EXTERNALIZED_CHECKPOINTS, "CANCELED", ()),
        (Retention.NO_EXTERNALIZED_CHECKPOINTS, "FAILED", ()),
        (Retention.DELETE_ON_CANCELLATION, "FINISHED", ()),
        (Retention.DELETE_ON_CANCELLATION, "CANCELED", ()),
        (Retention.DELETE_ON_CANCELLATION, "FAILED", (1,)),
        (Retention.RETAIN_ON_CANCELLATION, "FINISHED", ()),
        (Retention.RETAIN_ON_CANCELLATION, "CANCELED", (1,)),
        (Retention.RETAIN_ON_CANCELLATION, "FAILED", (1,)),
    ],
)
def test_what_outlives_the_job(retention: Retention, end: str, kept: tuple[int, ...]) -> None:
    from penstock.coordination.restart_strategy import RestartConfig

    made = running(1, checkpointed(RestartConfig(), retention=retention))
    made.tick(at(10))
    complete(made, 1, 11)
    if end == "FINISHED":
        finish_all(made, 12)
    elif end == "CANCELED":
        made.handle(CancelRequested(), at(12))
    else:
        made.handle(task(SOURCE, 0, "FAILED", Failure(message="x")), at(12))
    for vertex in (SOURCE, FLAT_MAP):
        made.handle(task(vertex, 0, "CANCELED"), at(12))
    made.handle(END_MIRRORED, at(12))
    assert made.record.outbox["sweep-checkpoints"] == SweepCheckpoints(keep=kept)
    assert row(made, 1).discarded is not bool(kept)


def test_a_job_without_checkpoints_sweeps_nothing() -> None:
    made = running(1, checkpointed())
    finish_all(made, 1)
    assert set(made.record.outbox) == {"delete-logs:0", "mirror-terminal"}
    made.handle(END_MIRRORED, at(1))
    assert set(made.record.outbox) == {"delete-logs:0"}


# -- starting from one -------------------------------------------------------------------------------------------------

FROM = JobMasterOptions(
    checkpoints=checkpointed().checkpoints, restart=checkpointed().restart, savepoint="/old/sp", allow_non_restored=True
)
REF = RestoreRef(checkpoint=7, path="/old/sp/_metadata", checksum="sum", allow_non_restored=True)
READ = SavepointRead(path="/old/sp/_metadata", checksum="sum", checkpoint=7)


@pytest.mark.parametrize("order", ["read first", "logs first"])
def test_a_job_that_starts_from_a_savepoint_is_deployed_once_that_was_read(order: str) -> None:
    made = master(1, FROM)
    decision = made.start(at())
    assert decision.outbox == {"read-savepoint": ReadSavepoint(path="/old/sp", allow_non_restored=True)}
    made.handle(offered(0), at())
    first, second = (READ, LOGS_CREATED) if order == "read first" else (LOGS_CREATED, READ)
    assert not commands(made.handle(first, at()), Deploy)
    (deploy,) = commands(made.handle(second, at()), Deploy)
    assert isinstance(deploy, Deploy) and deploy.restore == REF
    assert made.record.counters.next_id == 8 and made.record.counters.restored_savepoint
    assert made.handle(READ, at()) == Decision()


def test_a_savepoint_that_does_not_fit_fails_the_job_with_the_reason_whatever_the_strategy() -> None:
    made = master(1, FROM)
    made.start(at())
    made.handle(EffectDone(effect="read-savepoint", error="CheckpointUnusable: no such file"), at())
    root = made.record.job.root_failure
    assert root is not None
    assert root.message == "the job cannot start from /old/sp: CheckpointUnusable: no such file"
    made.handle(END_MIRRORED, at())
    assert states(made)[0] == "FAILED"


def restarted(made: JobMaster, generation: int, attempt: int, seconds: float) -> None:
    made.handle(task(SOURCE, 0, "FAILED", Failure(message="x"), attempt=attempt), at(seconds))
    made.handle(task(FLAT_MAP, 0, "CANCELED", attempt=attempt), at(seconds))
    made.tick(at(seconds + 1))
    made.handle(type(LOGS_CREATED)(generation=generation, exchange=LOGS_CREATED.exchange), at(seconds + 1))


def test_until_its_own_first_checkpoint_a_restart_begins_with_the_savepoint_again() -> None:
    made = started()
    restarted(made, 1, 0, 5)
    assert made.record.job.restore == REF
    for vertex in (SOURCE, FLAT_MAP):
        for state in ("INITIALIZING", "RUNNING"):
            made.handle(task(vertex, 0, state, attempt=1), at(7))
    made.tick(at(20))
    complete(made, 8, 21)
    restarted(made, 2, 1, 25)
    assert made.record.job.restore is not None and made.record.job.restore.checkpoint == 8


def started() -> JobMaster:
    made = master(1, FROM)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(READ, at())
    made.handle(LOGS_CREATED, at())
    for vertex in (SOURCE, FLAT_MAP):
        for state in ("INITIALIZING", "RUNNING"):
            made.handle(task(vertex, 0, state), at())
    return made


def test_a_savepoint_that_turns_out_to_be_damaged_fails_the_job() -> None:
    made = started()
    failure = Failure(message="CheckpointUnusable: /old/sp/x: damaged")
    made.handle(task(SOURCE, 0, "FAILED", failure), at(1))
    root = made.record.job.root_failure
    assert root is not None and root.message.startswith("/old/sp/_metadata, which the job was started from, cannot be")


def test_a_successor_still_waits_for_the_savepoint() -> None:
    made = master(1, FROM)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(LOGS_CREATED, at())
    successor = JobMaster(made.record, graph(1), 2, FROM)
    assert successor.start(at(1)) == Decision() and "read-savepoint" in successor.record.outbox
    assert len(commands(successor.handle(READ, at(1)), Deploy)) == 1


def test_the_final_checkpoint_and_a_stop_get_along() -> None:
    made = running(1, checkpointed())
    made.handle(asked(stop="drain"), at(1))
    for vertex in (SOURCE, FLAT_MAP):
        made.handle(exhausted(vertex, 0), at(1))
    assert sorted(made.record.checkpoints) == [1]
    assert made.handle(acked(1, SOURCE, 0), at(2)).rows
