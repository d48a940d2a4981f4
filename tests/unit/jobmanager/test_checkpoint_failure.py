"""Checkpoints that fail, and what that means for the job."""

from typing import Any

import pytest

from penstock.coordination.messages import (
    CancelRequested,
    EffectDone,
    NotifyCheckpointAborted,
    TriggerCheckpoint,
)
from penstock_jobmanager.decision import Decision, ToSlot
from penstock_jobmanager.effects import CancelBarriers, DiscardCheckpoint
from penstock_jobmanager.job_master import JobMaster
from tests.unit.jobmanager.checkpoint_messages import (
    ack_all,
    acked,
    asked,
    commands,
    complete,
    declined,
    exhausted,
    row,
    written,
)
from tests.unit.jobmanager.jobs import FLAT_MAP, SOURCE, allocation, at, checkpointed, running, states, task


def pending(**config: Any) -> JobMaster:
    made = running(2, checkpointed(**{"tolerable_failures": 1, **config}))
    made.tick(at(10))
    return made


def test_a_declined_one_is_told_to_tasks_barriers_and_files() -> None:
    made = pending()
    made.handle(acked(1, SOURCE, 0), at(11))
    decision = made.handle(declined(1, FLAT_MAP, 1), at(11))
    told = NotifyCheckpointAborted(checkpoint=1, epoch=1, time=12000)
    assert decision.ops == [ToSlot(allocation(0), told), ToSlot(allocation(1), told)]
    assert decision.outbox == {
        "cancel-barriers:1": CancelBarriers(checkpoint=1, generation=0),
        "discard-checkpoint:1": DiscardCheckpoint(checkpoint=1, directory="/c/chk-1"),
    }
    assert decision.rows[f"ack:1:{SOURCE}:0"] is None and not made.record.acks
    assert (row(made, 1).status, row(made, 1).failure) == (
        "FAILED",
        "Flat Map (2/2) declined it: OSError: disk full",
    )
    assert (made.record.counters.failed, made.record.counters.consecutive_failures) == (1, 1)
    assert [t.vertex for t in made.record.checkpoint_tasks[1].tasks] == [SOURCE]


def test_stale_declines_change_nothing() -> None:
    made = pending()
    assert made.handle(declined(1, FLAT_MAP, 1, attempt=4), at(11)) == Decision()
    assert made.handle(declined(2, FLAT_MAP, 1), at(11)) == Decision()
    complete(made, 1, 12)
    assert made.handle(declined(1, FLAT_MAP, 1), at(13)) == Decision()


def test_beyond_the_tolerable_number_in_a_row_the_job_restarts_with_flinks_message() -> None:
    made = pending()
    made.handle(declined(1, FLAT_MAP, 1), at(11))
    assert states(made)[0] == "RUNNING"
    made.tick(at(20))
    made.handle(declined(2, FLAT_MAP, 0), at(21))
    assert states(made) == ["RESTARTING", "CANCELING", "CANCELING", "CANCELING"]
    (failure,) = (f.failure for f in made.record.failures.values())
    assert failure.message == (
        "Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to Flat Map (1/2) declined "
        "it: OSError: disk full (checkpoint 2; execution.checkpointing.tolerable-failed-checkpoints)"
    )
    assert (failure.traceback, failure.task_name, failure.taskmanager) == ("tb", "Flat Map (1/2)", "tm-1")
    assert made.record.counters.consecutive_failures == 0


def test_a_completed_one_between_them_clears_the_count() -> None:
    made = pending()
    made.handle(declined(1, FLAT_MAP, 1), at(11))
    made.tick(at(20))
    complete(made, 2, 21)
    made.tick(at(30))
    made.handle(declined(3, FLAT_MAP, 1), at(31))
    assert states(made)[0] == "RUNNING" and made.record.counters.consecutive_failures == 1


def test_none_is_tolerable_by_default() -> None:
    made = pending(tolerable_failures=0)
    made.handle(declined(1, SOURCE, 0), at(11))
    assert states(made)[0] == "RESTARTING"


def test_one_that_is_not_complete_in_time_is_given_up_and_says_who_was_late() -> None:
    made = pending(timeout=5.0)
    made.handle(acked(1, SOURCE, 0), at(11))
    assert made.next_deadline() == 15
    made.tick(at(15))
    assert row(made, 1).failure == (
        "it expired before completing (5 s, execution.checkpointing.timeout); "
        "Flat Map (1/2), Flat Map (2/2) did not acknowledge"
    )
    assert made.record.counters.consecutive_failures == 1


def test_a_write_that_takes_too_long_is_withdrawn() -> None:
    made = pending(timeout=5.0)
    ack_all(made, 1, 11)
    decision = made.tick(at(15))
    assert decision.outbox["write-metadata:1"] is None
    assert row(made, 1).failure == "it expired before completing (5 s, execution.checkpointing.timeout)"
    assert made.handle(written(1), at(16)) == Decision()


def test_metadata_that_cannot_be_written_fails_it() -> None:
    made = pending()
    ack_all(made, 1, 11)
    made.handle(EffectDone(effect="write-metadata:1", error="OSError: disk full"), at(12))
    assert row(made, 1).failure == "its metadata could not be written: OSError: disk full"
    assert made.record.counters.consecutive_failures == 1


def test_an_acknowledgement_that_comes_too_late_has_its_files_removed() -> None:
    made = pending()
    made.handle(declined(1, FLAT_MAP, 1), at(11))
    made.handle(EffectDone(effect="discard-checkpoint:1"), at(11))
    decision = made.handle(acked(1, FLAT_MAP, 0), at(12))
    assert decision == Decision(outbox={"discard-checkpoint:1": DiscardCheckpoint(checkpoint=1, directory="/c/chk-1")})


def test_a_task_that_ends_before_its_part_is_nobodys_fault_and_the_next_one_begins_at_once() -> None:
    made = pending()
    made.handle(acked(1, FLAT_MAP, 0), at(11))
    decision = made.handle(task(SOURCE, 0, "FINISHED"), at(11))
    assert row(made, 1).failure == "Source (1/1) finished before it could acknowledge"
    assert made.record.counters.consecutive_failures == 0
    assert row(made, 2).status == "PENDING" and len(commands(decision, TriggerCheckpoint)) == 2


def test_a_task_that_ends_after_its_part_leaves_it_alone() -> None:
    made = pending()
    made.handle(acked(1, SOURCE, 0), at(11))
    made.handle(task(SOURCE, 0, "FINISHED"), at(11))
    assert row(made, 1).status == "PENDING"
    complete(made, 1, 12)
    assert row(made, 1).mirrored


def test_a_users_savepoint_is_begun_again_for_a_task_that_has_ended() -> None:
    made = pending(directory=None, interval=None)
    made.handle(asked("t"), at(11))
    made.handle(task(SOURCE, 0, "FINISHED"), at(11))
    assert row(made, 1).status == "FAILED" and row(made, 2).trigger == "t"
    assert row(made, 2).options.directory == row(made, 1).options.directory
    assert made.record.triggers["t"].state == "IN_PROGRESS" and made.record.triggers["t"].checkpoint == 2


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_the_end_of_the_attempts_ends_it_without_counting(how: str) -> None:
    made = pending(tolerable_failures=0)
    decision = made.handle(task(SOURCE, 0, "FAILED") if how == "failed" else CancelRequested(), at(11))
    assert row(made, 1).status == "FAILED"
    assert made.record.counters.consecutive_failures == 0
    assert set(decision.outbox) >= {"discard-checkpoint:1"}
    assert len(made.record.failures) == (1 if how == "failed" else 0)


def test_a_final_one_that_failed_is_tried_again_with_the_interval() -> None:
    made = running(1, checkpointed(tolerable_failures=3))
    made.handle(exhausted(SOURCE, 0), at(1))
    made.handle(exhausted(FLAT_MAP, 0), at(1))
    made.handle(declined(1, SOURCE, 0), at(2))
    assert 2 not in made.record.checkpoints and made.next_deadline() == 11
    made.tick(at(11))
    assert row(made, 2).final
