"""Rows that are older than what they once were: how it is noticed, and that no number is given out twice."""

import pytest
from msgspec.structs import replace

from penstock.checkpoint.mirror import PointerMirror
from penstock.checkpoint.terminal import TerminalMirror
from penstock.coordination.messages import CancelRequested, Deploy, InputExhausted, ReleaseSlot
from penstock.graph.states import JobState
from penstock_jobmanager import rollback
from penstock_jobmanager.decision import Bury, ToTaskManager
from penstock_jobmanager.effects import DeleteLogs, MirrorTerminal
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.rollback import MARGIN, Rollback
from tests.unit.jobmanager.checkpoint_messages import acked, commands, complete, row
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    JOB,
    LOGS_CREATED,
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


def folder(checkpoint: int) -> str:
    directory = checkpointed().checkpoints.directory
    assert directory is not None
    return directory(checkpoint)


def mirror(checkpoint: int = 7, epoch: int = 1, generation: int = 2, attempt: int = 2) -> PointerMirror:
    counters = {"next_checkpoint": checkpoint + 1, "generation": generation, "attempt": attempt}
    return PointerMirror(
        epoch=epoch, checkpoint=checkpoint, path=f"{folder(checkpoint)}/_metadata", checksum="c", counters=counters
    )


def with_a_checkpoint() -> JobMaster:
    made = running(2, checkpointed())
    made.tick(at(10))
    complete(made, 1, 11)
    return made


def taken_over(made: JobMaster, found: Rollback, epoch: int = 200) -> JobMaster:
    successor = JobMaster(made.record, graph(2), epoch, made.options)
    successor.start(at(20), found)
    return successor


@pytest.mark.parametrize(
    ("known", "epoch", "first", "reason"),
    [
        (None, 1, True, None),
        (mirror(1, 1, 0, 0), 2, True, None),
        (mirror(1, 1, 0, 0), 1, False, None),
        (mirror(1, 1, 0, 0), 1, True, "it gives out epoch 1 again"),
        (mirror(1, 5, 0, 0), 3, False, "it gives out epoch 3 again"),
        (mirror(2, 1, 0, 0), 2, True, "its newest checkpoint is 1, and checkpoint 2 was completed"),
        (mirror(1, 1, 1, 0), 2, True, "its counter generation is 0, and was 1"),
        (
            replace(mirror(1, 1, 0), counters={"next_checkpoint": 9}),
            2,
            True,
            "its counter next_checkpoint is 2, and was 9",
        ),
    ],
)
def test_what_tells_that_rows_are_older(
    known: PointerMirror | None, epoch: int, first: bool, reason: str | None
) -> None:
    assert rollback.compare(with_a_checkpoint().record, epoch, known, first=first) == reason


def test_what_is_completed_and_not_mirrored_yet_is_no_rollback() -> None:
    made = with_a_checkpoint()
    assert rollback.compare(made.record, 2, replace(mirror(1, 1, 0), checkpoint=0), first=True) is None


def test_an_attempt_that_was_never_made_tells() -> None:
    record = with_a_checkpoint().record
    assert rollback.from_future(record, task(SOURCE, 0, "RUNNING")) is None
    assert rollback.from_future(record, acked(1, SOURCE, 0)) is None
    assert rollback.from_future(record, CancelRequested()) is None
    assert rollback.from_future(record, task(SOURCE, 9, "RUNNING", attempt=5)) is None
    for event in (task(SOURCE, 0, "RUNNING", attempt=1), InputExhausted(vertex=SOURCE, subtask=0, attempt=1)):
        assert rollback.from_future(record, event) == f"attempt 1 of {SOURCE} subtask 0 runs, which it does not know"
    assert rollback.from_future(record, acked(2, SOURCE, 0)) == ("checkpoint 2 is acknowledged, which it does not know")


def test_a_newer_checkpoint_of_the_mirror_is_adopted_and_everything_starts_again_from_it() -> None:
    made = with_a_checkpoint()
    before = set(made.record.allocations)
    successor = JobMaster(made.record, graph(2), 200, made.options)
    decision = successor.start(at(20), Rollback("a test", mirror()))
    assert states(successor) == ["CREATED", "SCHEDULED", "SCHEDULED", "SCHEDULED"]
    assert row(successor, 7).status == "COMPLETED" and row(successor, 7).mirrored and row(successor, 7).owned
    counters = successor.record.counters
    assert (counters.pointer, counters.next_id) == (7, 8 + MARGIN)
    assert row(successor, 1).discarded, "what it replaced is gone, or goes"
    # generations that may have logs go, and the next one never was
    assert {e.generation for e in successor.record.outbox.values() if isinstance(e, DeleteLogs)} >= {0, 2}
    assert successor.record.job.generation == 2 + MARGIN + 1
    assert {(e.attempt, e.epoch) for e in successor.record.executions.values()} == {(2 + MARGIN + 1, 200)}
    # nobody knows what runs in the slots
    released = {
        op.command.allocation
        for op in decision.ops
        if isinstance(op, ToTaskManager) and isinstance(op.command, ReleaseSlot)
    }
    assert released == before and {a.state for a in successor.record.allocations.values()} == {"RELEASING"}
    assert all(int(request.rsplit("-", 1)[1]) >= MARGIN * 2 for request in successor.record.requests)
    (failure,) = successor.record.failures.values()
    assert failure.failure.message == "the coordination Redis came back with older data: a test"
    for number in [int(request.rsplit("-", 1)[1]) for request in sorted(successor.record.requests)]:
        successor.handle(offered(number), at(21))
    logs = replace(LOGS_CREATED, generation=successor.record.job.generation)
    (deploy, *_) = commands(successor.handle(logs, at(21)), Deploy)
    assert isinstance(deploy, Deploy) and deploy.restore is not None
    assert (deploy.restore.checkpoint, deploy.restore.path) == (7, f"{folder(7)}/_metadata")


def test_where_the_mirror_is_not_ahead_ids_jump_all_the_same() -> None:
    made = with_a_checkpoint()
    successor = taken_over(made, Rollback("a test", mirror(1, 1, 0, 0)))
    assert successor.record.counters.pointer == 1 and successor.record.counters.next_id == 2 + MARGIN
    assert not row(successor, 1).discarded
    assert {e.attempt for e in successor.record.executions.values()} == {MARGIN + 1}


def test_undecided_checkpoints_of_the_older_rows_are_given_up_and_the_mirrored_one_is_not() -> None:
    made = with_a_checkpoint()
    made.tick(at(25))
    assert row(made, 2).status == "PENDING"
    made.handle(acked(2, SOURCE, 0), at(25))
    successor = taken_over(made, Rollback("a test", mirror(2)))
    assert row(successor, 2).status == "COMPLETED" and successor.record.counters.failed == 0
    assert 2 not in successor.record.acks
    made = with_a_checkpoint()
    made.tick(at(25))
    successor = taken_over(made, Rollback("a test", mirror(7)))
    assert row(successor, 2).status == "FAILED"


def test_a_job_that_nobody_had_led_in_the_older_rows_begins_with_the_mirrored_checkpoint() -> None:
    made = master(1, checkpointed())
    made.start(at(), Rollback("a test", mirror()))
    assert {e.attempt for e in made.record.executions.values()} == {2 + MARGIN}
    assert made.record.job.generation == 2 + MARGIN and made.record.counters.pointer == 7
    (number,) = [int(request.rsplit("-", 1)[1]) for request in made.record.requests]
    made.handle(offered(number), at(1))
    (deploy,) = commands(made.handle(replace(LOGS_CREATED, generation=2 + MARGIN), at(1)), Deploy)
    assert isinstance(deploy, Deploy) and deploy.restore is not None and deploy.restore.checkpoint == 7


def test_a_job_that_is_being_stopped_just_ends() -> None:
    made = with_a_checkpoint()
    made.handle(CancelRequested(), at(12))
    attempts = {e.attempt for e in made.record.executions.values()}
    successor = taken_over(made, Rollback("a test", mirror()))
    assert successor.record.job.state is JobState.CANCELLING
    assert {e.attempt for e in successor.record.executions.values()} == attempts, "their reports count"


def test_a_job_without_any_checkpoint_asks_its_restart_strategy() -> None:
    made = running(2)
    successor = taken_over(made, Rollback("a test"))
    assert successor.record.job.state is JobState.FAILING


def test_an_end_that_redis_forgot_is_the_end() -> None:
    made = with_a_checkpoint()
    end = TerminalMirror(job=JOB, state="FINISHED", epoch=3, time=9, runtime=5)
    assert not rollback.is_over(made.record)
    decision = rollback.bury_again(made.record, 9, end, at(20))
    (bury,) = [op for op in decision.ops if isinstance(op, Bury)]
    assert (bury.tombstone.state, bury.tombstone.time, bury.tombstone.runtime) == (JobState.FINISHED, 9, 5)
    assert made.record.job.state is JobState.FINISHED and not made.record.outbox
    assert all(e.state.is_terminal for e in made.record.executions.values())
    assert {a.state for a in made.record.allocations.values()} == {"RELEASING"}


def test_a_job_that_is_being_cleared_up_is_not_buried_before() -> None:
    made = with_a_checkpoint()
    made.handle(CancelRequested(), at(12))
    for subtask in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1)):
        made.handle(task(*subtask, "CANCELED"), at(12))
    assert isinstance(made.record.outbox["mirror-terminal"], MirrorTerminal)
    assert rollback.is_over(made.record)
