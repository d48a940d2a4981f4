"""A checkpoint from its trigger to its end: whole decisions."""

from msgspec.structs import replace

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.messages import (
    AckMetrics,
    NotifyCheckpointAborted,
    NotifyCheckpointComplete,
    TaskAttempt,
    TriggerCheckpoint,
)
from penstock.coordination.rows import AckRow, CheckpointRow, CheckpointsRow, CheckpointTasksRow, TaskStats
from penstock.graph.states import ExecutionState
from penstock_jobmanager.checkpoint_metadata import build
from penstock_jobmanager.decision import Decision, ToSlot
from penstock_jobmanager.effects import DiscardCheckpoint, MirrorPointer, WriteMetadata
from penstock_jobmanager.job_master import JobMaster
from tests.unit.jobmanager.checkpoint_messages import (
    ack_all,
    acked,
    commands,
    complete,
    exhausted,
    mirrored,
    row,
    written,
)
from tests.unit.jobmanager.jobs import FLAT_MAP, JOB, SOURCE, allocation, at, checkpointed, graph, running, task

OWN = CheckpointOptions(directory="/c/chk-1", timestamp=11000)


def pending(seconds: float = 10) -> JobMaster:
    """Checkpoint 1 is under way."""
    made = running(2, checkpointed())
    made.tick(at(seconds))
    return made


def test_the_interval_triggers_the_head_tasks_and_nobody_else() -> None:
    made = running(2, checkpointed())
    assert made.next_deadline() == 10
    decision = made.tick(at(10))
    first = CheckpointRow(checkpoint=1, status="PENDING", options=OWN, triggered_at=11000, tasks=3)
    source = TaskAttempt(vertex=SOURCE, subtask=0, attempt=0)
    assert decision == Decision(
        rows={"checkpoint:1": first, "checkpoints": CheckpointsRow(next_id=2, triggered=1)},
        ops=[ToSlot(allocation(0), TriggerCheckpoint(checkpoint=1, tasks=(source,), options=OWN, epoch=1, time=11000))],
    )


def test_acknowledgements_are_noted_and_the_last_one_has_the_metadata_written() -> None:
    made = pending()
    decision = made.handle(acked(1, SOURCE, 0), at(11))
    ack = acked(1, SOURCE, 0)
    note = AckRow(checkpoint=1, vertex=SOURCE, subtask=0, attempt=0, time=12000, state=ack.state, metrics=ack.metrics)
    assert decision == Decision(rows={f"ack:1:{SOURCE}:0": note, "checkpoint:1": row(made, 1)})
    assert (row(made, 1).acked, row(made, 1).size, row(made, 1).latest_ack) == (1, 10, 12000)
    made.handle(acked(1, FLAT_MAP, 0), at(12))
    decision = made.handle(acked(1, FLAT_MAP, 1), at(13))
    assert decision.outbox == {"write-metadata:1": WriteMetadata(checkpoint=1)}
    assert row(made, 1) == replace(
        CheckpointRow(checkpoint=1, status="WRITING", options=OWN, triggered_at=11000, tasks=3),
        acked=3, latest_ack=14000, size=30, new_bytes=3, processed_bytes=9, persisted_bytes=6,
    )  # fmt: skip


def test_metadata_then_the_pointer_then_its_mirror_then_everybody_is_told() -> None:
    made = pending()
    ack_all(made, 1, 11)
    decision = made.handle(written(1), at(12))
    stats = tuple(
        TaskStats(vertex=v, subtask=s, time=12000, size=10, new_bytes=1,
                  metrics=AckMetrics(processed_bytes=3, persisted_bytes=2))
        for v, s in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1))
    )  # fmt: skip
    assert decision == Decision(
        rows={
            "checkpoint:1": row(made, 1),
            "checkpoints": CheckpointsRow(next_id=2, triggered=1, completed=1, last_ended=13000, pointer=1),
            f"ack:1:{SOURCE}:0": None,
            f"ack:1:{FLAT_MAP}:0": None,
            f"ack:1:{FLAT_MAP}:1": None,
            "checkpoint-tasks:1": CheckpointTasksRow(checkpoint=1, tasks=stats),
        },
        outbox={"write-metadata:1": None, "mirror-pointer:1": MirrorPointer(checkpoint=1)},
    )
    assert (row(made, 1).status, row(made, 1).path, row(made, 1).checksum) == (
        "COMPLETED",
        "/c/chk-1/_metadata",
        "sum",
    )
    assert made.tick(at(30)) == Decision()  # the next one waits for the mirror
    decision = made.handle(mirrored(1), at(30))
    told = NotifyCheckpointComplete(checkpoint=1, epoch=1, time=31000)
    assert decision.outbox == {"mirror-pointer:1": None}
    assert decision.rows["checkpoint:1"] == row(made, 1) and row(made, 1).mirrored
    assert decision.ops[:2] == [ToSlot(allocation(0), told), ToSlot(allocation(1), told)]
    assert row(made, 2).status == "PENDING"  # it was overdue


def test_the_next_one_discards_what_it_subsumes() -> None:
    made = pending()
    complete(made, 1, 11)
    made.tick(at(20))
    decision = complete(made, 2, 21)
    assert decision.outbox["discard-checkpoint:1"] == DiscardCheckpoint(checkpoint=1, directory="/c/chk-1")
    assert row(made, 1).discarded and not row(made, 2).discarded


def test_as_many_as_wanted_are_retained() -> None:
    made = running(1, checkpointed(num_retained=2))
    for number in (1, 2, 3):
        made.tick(at(10 * number))
        complete(made, number, 10 * number + 1)
    assert [row(made, n).discarded for n in (1, 2, 3)] == [True, False, False]


def test_events_that_come_again_late_or_from_others_change_nothing() -> None:
    made = pending()
    made.handle(acked(1, SOURCE, 0), at(11))
    assert made.handle(acked(1, SOURCE, 0), at(11)) == Decision()
    assert made.handle(acked(1, FLAT_MAP, 0, attempt=1), at(11)) == Decision()
    assert made.handle(acked(7, FLAT_MAP, 0), at(11)) == Decision()
    assert made.handle(acked(1, FLAT_MAP, 5), at(11)) == Decision()
    assert made.handle(written(1), at(11)) == Decision()
    assert made.handle(mirrored(1), at(11)) == Decision()
    complete(made, 1, 12)
    for event in (acked(1, SOURCE, 0), written(1), mirrored(1)):
        assert made.handle(event, at(12)) == Decision()


def test_nothing_is_triggered_while_a_task_is_not_running() -> None:
    made = running(2, checkpointed())
    execution = made.record.executions[FLAT_MAP, 1]
    made.record.executions[FLAT_MAP, 1] = replace(execution, state=ExecutionState.INITIALIZING)
    assert made.tick(at(10)) == Decision()
    decision = made.handle(task(FLAT_MAP, 1, "RUNNING"), at(11))
    assert len(commands(decision, TriggerCheckpoint)) == 1


def test_without_an_interval_there_are_none() -> None:
    made = running(2)
    assert made.next_deadline() is None and made.tick(at(1000)) == Decision()


def test_one_at_a_time_unless_more_are_allowed() -> None:
    made = pending()
    assert made.tick(at(30)) == Decision()
    decision = complete(made, 1, 31)
    assert len(commands(decision, TriggerCheckpoint)) == 1  # it is overdue
    made = running(2, checkpointed(max_concurrent=2))
    made.tick(at(10))
    assert len(commands(made.tick(at(20)), TriggerCheckpoint)) == 1
    assert made.tick(at(30)) == Decision()


def test_the_minimum_pause_counts_from_the_end_of_the_one_before() -> None:
    made = running(2, checkpointed(min_pause=8.0))
    made.tick(at(10))
    complete(made, 1, 15)
    assert made.next_deadline() == 23
    assert made.tick(at(22)) == Decision()
    assert len(commands(made.tick(at(23)), TriggerCheckpoint)) == 1


def test_a_successor_whose_clock_is_an_hour_behind_pauses_no_longer() -> None:
    """Found by `clock of jobmanager-1 an hour ahead`: the pause began anew whenever it was looked at."""
    options = checkpointed(min_pause=8.0)
    made = running(2, options)
    made.tick(at(3610))
    complete(made, 1, 3615)
    successor = JobMaster(made.record, graph(2), 2, options)
    successor.start(at(15))
    triggered = [n for n in range(15, 60) if commands(successor.tick(at(n)), TriggerCheckpoint)]
    assert len(triggered) == 1 and triggered[0] <= 25, triggered


def test_a_completed_one_aborts_older_ones_that_are_not() -> None:
    made = running(1, checkpointed(max_concurrent=2))
    made.tick(at(10))
    made.tick(at(20))
    ack_all(made, 2, 21)
    decision = made.handle(written(2), at(22))
    assert row(made, 1).status == "FAILED" and row(made, 1).failure == "checkpoint 2 has subsumed it"
    assert commands(decision, NotifyCheckpointAborted)
    assert made.record.counters.consecutive_failures == 0


def test_a_newer_pointer_takes_the_place_of_one_that_is_not_mirrored() -> None:
    made = running(1, checkpointed(max_concurrent=2))
    made.tick(at(10))
    made.tick(at(20))
    ack_all(made, 1, 21)
    ack_all(made, 2, 21)
    made.handle(written(1), at(21))
    decision = made.handle(written(2), at(21))
    assert decision.outbox["mirror-pointer:1"] is None
    assert made.handle(mirrored(1), at(21)) == Decision()
    assert commands(made.handle(mirrored(2), at(22)), NotifyCheckpointComplete)
    assert row(made, 1).mirrored and row(made, 1).discarded


def test_a_mirror_that_cannot_be_written_is_tried_again_and_nobody_is_told() -> None:
    made = running(2, checkpointed(tolerable_failures=1))
    made.tick(at(10))
    ack_all(made, 1, 11)
    made.handle(written(1), at(11))
    decision = made.handle(mirrored(1, "OSError: disk full"), at(11))
    assert decision.outbox == {"mirror-pointer:1": None} and not decision.ops
    assert made.record.counters.consecutive_failures == 1
    assert made.tick(at(12)).outbox == {"mirror-pointer:1": MirrorPointer(checkpoint=1)}


def test_finished_tasks_count_as_acknowledged() -> None:
    made = running(2, checkpointed())
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    decision = made.tick(at(10))
    # with its only producer gone, every subtask of the next vertex is a head task
    assert [op.allocation for op in decision.ops if isinstance(op, ToSlot)] == [allocation(0), allocation(1)]
    assert row(made, 1).tasks == 2
    made.handle(acked(1, FLAT_MAP, 0), at(11))
    assert made.handle(acked(1, FLAT_MAP, 1), at(11)).outbox == {"write-metadata:1": WriteMetadata(checkpoint=1)}
    metadata = build(made.record, graph(2), 1)
    assert [[s.finished for s in v.subtasks] for v in metadata.vertices] == [[True], [False, False]]


def test_the_metadata_says_all_of_the_job() -> None:
    made = pending()
    ack_all(made, 1, 11)
    metadata = build(made.record, graph(2), 1)
    assert (metadata.job, metadata.job_name, metadata.checkpoint, metadata.timestamp) == (JOB, "words", 1, 11000)
    assert metadata.edges == ((SOURCE, FLAT_MAP),) and not metadata.savepoint
    assert [(v.id, v.parallelism, v.max_parallelism) for v in metadata.vertices] == [
        (SOURCE, 1, 128),
        (FLAT_MAP, 2, 128),
    ]
    assert metadata.vertices[1].subtasks[1] == acked(1, FLAT_MAP, 1).state


def test_once_all_have_ended_the_final_checkpoint_does_not_wait() -> None:
    made = running(2, checkpointed())
    made.handle(exhausted(SOURCE, 0), at(1))
    made.handle(exhausted(FLAT_MAP, 0), at(1))
    assert made.handle(exhausted(FLAT_MAP, 1, attempt=3), at(2)) == Decision()
    decision = made.handle(exhausted(FLAT_MAP, 1), at(2))
    assert len(commands(decision, TriggerCheckpoint)) == 1 and row(made, 1).final
    complete(made, 1, 3)
    assert made.tick(at(60)) == Decision()  # tasks are ending: no other one is begun
    for vertex, subtask in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1)):
        made.handle(task(vertex, subtask, "FINISHED"), at(61))
    assert made.record.job.state == "RUNNING" and "delete-logs:0" in made.record.outbox


def test_a_checkpoint_that_is_not_the_final_one_is_followed_by_it() -> None:
    made = pending()
    for vertex, subtask in ((SOURCE, 0), (FLAT_MAP, 0), (FLAT_MAP, 1)):
        made.handle(exhausted(vertex, subtask), at(11))
    decision = complete(made, 1, 12)
    assert made.record.counters.next_id == 3 and row(made, 2).final and commands(decision, NotifyCheckpointComplete)


def test_a_successor_goes_on_with_what_is_pending_and_keeps_the_time() -> None:
    made = pending()
    made.handle(acked(1, SOURCE, 0), at(11))
    successor = JobMaster(made.record, graph(2), 2, checkpointed())
    assert successor.start(at(12)) == Decision()
    # 600 s of the timeout, of which two are over
    assert successor.next_deadline() == 10 + 600
    complete(successor, 1, 13)
    assert row(successor, 1).mirrored
    assert successor.next_deadline() == 20  # the interval too


def test_the_history_is_bounded() -> None:
    made = running(1, checkpointed(history=2))
    for number in range(1, 6):
        made.tick(at(10 * number))
        complete(made, number, 10 * number + 1)
    assert sorted(made.record.checkpoints) == [4, 5] == sorted(made.record.checkpoint_tasks)


def test_none_begins_while_a_task_that_has_ended_is_about_to_finish() -> None:
    made = running(2, checkpointed())
    made.handle(exhausted(SOURCE, 0), at(1))
    made.tick(at(10))
    made.handle(replace(acked(1, SOURCE, 0), state=SubtaskState(ended=True)), at(11))
    for subtask in (0, 1):
        made.handle(acked(1, FLAT_MAP, subtask), at(11))
    made.handle(written(1), at(12))
    made.handle(mirrored(1), at(12))
    assert made.record.executions[SOURCE, 0].finishing
    assert made.tick(at(30)) == Decision()
    decision = made.handle(task(SOURCE, 0, "FINISHED"), at(31))
    assert row(made, 2).tasks == 2 and len(commands(decision, TriggerCheckpoint)) == 2
