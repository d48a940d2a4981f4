"""A job goes on at another parallelism: its own savepoint, new executions, slots asked for or given back."""

from typing import Any

import pytest
from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CancelRequested,
    Deploy,
    EffectDone,
    GraphStored,
    LogsCreated,
    NotifyCheckpointAborted,
    ReleaseSlot,
    RescaleRequested,
    SlotOffered,
    SlotsRequested,
)
from penstock.graph.rescaling import parallelisms, rescaled
from penstock.graph.states import JobState
from penstock_jobmanager.decision import Decision, ToResourceManager, ToTaskManager
from penstock_jobmanager.effects import DeleteLogs, StoreGraph
from penstock_jobmanager.job_master import JobMaster
from tests.unit.jobmanager.checkpoint_messages import (
    ack_all,
    asked,
    commands,
    complete,
    declined,
    mirrored,
    row,
    written,
)
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    JOB,
    OPTIONS,
    REF,
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

STORED = "9" * 64


def to(parallelism: int) -> RescaleRequested:
    return RescaleRequested(trigger="t", parallelism=parallelism)


def logs(generation: int) -> LogsCreated:
    return LogsCreated(generation=generation, exchange=(REF,))


def suspended(before: int, after: int, **config: Any) -> JobMaster:
    """Its savepoint is there and mirrored, the graph is stored; the tasks have not finished yet."""
    made = running(before, checkpointed(**config))
    made.handle(to(after), at(1))
    ack_all(made, 1, 2)
    made.handle(written(1), at(2))
    made.handle(mirrored(1), at(2))
    made.handle(GraphStored(graph=STORED, parallelism=after), at(2))
    return made


def finish(made: JobMaster, seconds: float) -> Decision:
    decision = Decision()
    for (vertex, subtask), execution in list(made.record.executions.items()):
        decision = made.handle(task(vertex, subtask, "FINISHED", attempt=execution.attempt), at(seconds))
    return decision


def answer(made: JobMaster) -> str:
    return made.record.triggers["t"].state


def new_offer(number: int) -> SlotOffered:
    return replace(offered(0), request=f"{JOB}-{number}", allocation=f"{JOB}-{number}-7-{number}")


def test_it_begins_with_a_suspending_savepoint_of_its_own() -> None:
    made = running(2, checkpointed())
    decision = made.handle(to(3), at(1))
    assert decision.outbox == {"store-graph:3": StoreGraph(parallelism=3)}
    options = row(made, 1).options
    assert (options.directory, options.savepoint, options.stop, row(made, 1).owned) == (
        "/c/chk-1",
        True,
        "suspend",
        True,
    )
    assert made.record.triggers["t"].kind == "rescale" and made.record.triggers["t"].checkpoint == 1
    assert made.handle(to(3), at(1)) == Decision()
    assert made.tick(at(100)) == Decision()  # no other checkpoint meanwhile


def test_up_it_asks_for_slots_and_goes_on_at_the_new_graph() -> None:
    made = suspended(2, 3)
    decision = finish(made, 3)
    assert decision.outbox["delete-logs:0"] == DeleteLogs(generation=0, parallelism={SOURCE: 1, FLAT_MAP: 2})
    assert states(made) == ["CREATED"] + ["SCHEDULED"] * 4
    assert ToResourceManager(SlotsRequested(job=JOB, requests=(f"{JOB}-2",), epoch=1, time=4000)) in decision.ops
    assert made.record.job.graph == STORED and parallelisms(made.graph) == {SOURCE: 1, FLAT_MAP: 3}
    assert answer(made) == "IN_PROGRESS"
    made.handle(new_offer(2), at(4))
    deploys = [d for d in commands(made.handle(logs(1), at(4)), Deploy) if isinstance(d, Deploy)]
    assert len(deploys) == 3 and {d.graph for d in deploys} == {STORED}
    assert deploys[0].restore is not None and deploys[0].restore.checkpoint == 1
    assert len(deploys[0].placement[FLAT_MAP]) == 3
    assert answer(made) == "COMPLETED" and made.record.job.rescale is None
    assert made.record.job.state is JobState.RUNNING


def test_down_it_gives_slots_back_and_drops_executions() -> None:
    made = suspended(3, 1)
    decision = finish(made, 3)
    assert states(made) == ["CREATED", "DEPLOYING", "DEPLOYING"]
    assert decision.rows[f"execution:{FLAT_MAP}:2"] is None
    released = [op.command.allocation for op in decision.ops if isinstance(op, ToTaskManager)]
    assert released == [f"{JOB}-1-7-1", f"{JOB}-2-7-2"]
    assert {type(op.command) for op in decision.ops if isinstance(op, ToTaskManager)} == {ReleaseSlot}
    made.handle(logs(1), at(4))
    assert made.record.job.state is JobState.RUNNING


def test_it_waits_for_its_graph() -> None:
    made = running(2, checkpointed())
    made.handle(to(3), at(1))
    complete(made, 1, 2)
    finish(made, 3)
    assert made.record.job.state is JobState.RESTARTING and made.record.job.message == "rescaling"
    successor = JobMaster(made.record, graph(2), 2, checkpointed())
    assert successor.start(at(4)) == Decision()
    successor.handle(GraphStored(graph=STORED, parallelism=3), at(5))
    assert states(successor)[0] == "CREATED" and parallelisms(successor.graph)[FLAT_MAP] == 3
    after = JobMaster(successor.record, rescaled(graph(2), 3), 3, checkpointed())
    assert after.start(at(6)) == Decision()


def test_a_savepoint_that_fails_leaves_the_job_as_it_was() -> None:
    made = running(2, checkpointed())
    made.handle(to(3), at(1))
    decision = made.handle(declined(1, FLAT_MAP, 0), at(2))
    assert commands(decision, NotifyCheckpointAborted)
    failure = made.record.triggers["t"].failure
    assert failure is not None and failure.message == "Flat Map (1/2) declined it: OSError: disk full"
    assert made.record.job.state is JobState.RUNNING and made.record.job.rescale is None


def test_a_graph_that_cannot_be_stored_has_the_job_go_on_as_it_was() -> None:
    made = running(2, checkpointed())
    made.handle(to(3), at(1))
    made.handle(EffectDone(effect="store-graph:3", error="ValueError: no storage"), at(1))
    assert made.record.triggers["t"].state == "FAILED"
    complete(made, 1, 2)
    finish(made, 3)
    assert states(made) == ["CREATED"] + ["DEPLOYING"] * 3 and made.record.job.graph == "f" * 64


def test_a_task_that_fails_while_it_is_suspended_does_not_stop_the_change() -> None:
    made = suspended(2, 3)
    made.handle(task(SOURCE, 0, "FAILED", Failure(message="x")), at(3))
    for subtask in (0, 1):
        made.handle(task(FLAT_MAP, subtask, "FINISHED"), at(3))
    made.tick(at(4))
    assert parallelisms(made.graph)[FLAT_MAP] == 3 and states(made)[0] == "CREATED"


def test_a_task_that_fails_before_the_savepoint_is_there_ends_the_change() -> None:
    made = running(2, checkpointed())
    made.handle(to(3), at(1))
    made.handle(task(SOURCE, 0, "FAILED", Failure(message="x")), at(2))
    assert made.record.triggers["t"].state == "FAILED" and made.record.job.rescale is None


def test_the_same_parallelism_is_no_change() -> None:
    made = running(2, checkpointed())
    made.handle(to(2), at(1))
    assert made.record.triggers["t"].state == "COMPLETED" and not made.record.checkpoints


@pytest.mark.parametrize(
    ("parallelism", "reason"),
    [
        (129, "parallelism 129 is above the maximum 128 of 'Source'"),
        (0, "a parallelism of at least 1 is needed, not 0"),
    ],
)
def test_what_cannot_be_is_answered_at_once(parallelism: int, reason: str) -> None:
    made = running(1, checkpointed())
    made.handle(to(parallelism), at(1))
    failure = made.record.triggers["t"].failure
    assert failure is not None and failure.message.startswith(reason)


def test_without_storage_there_is_no_rescaling() -> None:
    made = running(2, OPTIONS)
    made.handle(to(3), at(1))
    failure = made.record.triggers["t"].failure
    assert failure is not None and "needs checkpoint storage" in failure.message


def test_one_change_at_a_time() -> None:
    made = running(2, checkpointed())
    made.handle(to(3), at(1))
    made.handle(asked("u"), at(1))
    failure = made.record.triggers["u"].failure
    assert failure is not None and failure.message == "the job is being rescaled to 3"


def test_a_cancel_on_the_way_ends_the_job_and_answers() -> None:
    made = suspended(2, 3)
    finish(made, 3)
    made.handle(CancelRequested(), at(4))
    assert made.record.triggers["t"].state == "FAILED"
    assert states(made)[0] == "CANCELLING"


def test_the_savepoint_goes_once_a_checkpoint_has_subsumed_it() -> None:
    made = suspended(2, 1)
    finish(made, 3)
    made.handle(logs(1), at(4))
    for vertex in (SOURCE, FLAT_MAP):
        for state in ("INITIALIZING", "RUNNING"):
            made.handle(task(vertex, 0, state, attempt=1), at(5))
    made.tick(at(15))
    assert "discard-checkpoint:1" in complete(made, 2, 16).outbox


def waiting(before: int, after: int) -> JobMaster:
    """Its slots for `after` are missing; those of `before` are kept."""
    made = suspended(before, after)
    finish(made, 3)
    assert made.record.job.state is JobState.CREATED and len(made.record.requests) == after - before
    assert states(made)[0] == "CREATED"
    return made


def refusal(made: JobMaster, trigger: str) -> str:
    """Why a request failed."""
    failure = made.record.triggers[trigger].failure
    assert failure is not None
    return failure.message


def test_another_rescale_is_taken_while_slots_are_missing() -> None:
    made = waiting(2, 5)
    made.handle(RescaleRequested(trigger="u", parallelism=1), at(4))
    assert refusal(made, "t") == "overtaken by a rescale to 1, as slots for 5 were missing"
    assert made.record.job.state is JobState.RESTARTING and not made.record.requests
    decision = made.handle(GraphStored(graph="8" * 64, parallelism=1), at(5))
    assert parallelisms(made.graph) == {SOURCE: 1, FLAT_MAP: 1} and states(made)[0] == "CREATED"
    assert not made.record.requests and "create-logs:2" in decision.outbox
    deploys = [d for d in commands(made.handle(logs(2), at(6)), Deploy) if isinstance(d, Deploy)]
    assert deploys[0].restore is not None and deploys[0].restore.checkpoint == 1
    assert made.record.triggers["u"].state == "COMPLETED" and made.record.job.rescale is None


def test_a_successor_goes_on_with_the_other_rescale() -> None:
    made = waiting(2, 5)
    made.handle(RescaleRequested(trigger="u", parallelism=1), at(4))
    successor = JobMaster(made.record, made.graph, 2, checkpointed())
    assert successor.start(at(5)) == Decision()
    successor.handle(GraphStored(graph="8" * 64, parallelism=1), at(6))
    successor.handle(logs(2), at(7))
    assert successor.record.job.state is JobState.RUNNING


def test_a_new_job_that_waits_for_its_slots_can_do_with_fewer() -> None:
    made = master(3)
    made.start(at())
    made.handle(offered(0), at(1))
    made.handle(to(1), at(2))
    made.handle(GraphStored(graph="8" * 64, parallelism=1), at(3))
    decision = made.handle(logs(1), at(4))
    deploys = [d for d in commands(decision, Deploy) if isinstance(d, Deploy)]
    assert len(deploys) == 1 and deploys[0].restore is None
    assert made.record.job.state is JobState.RUNNING and answer(made) == "COMPLETED"


def test_the_parallelism_it_waits_for_already_is_refused() -> None:
    made = waiting(2, 5)
    made.handle(RescaleRequested(trigger="u", parallelism=5), at(4))
    assert refusal(made, "u") == "the job is being rescaled to 5 already, waiting for 3 of 5 slots"
    assert answer(made) == "IN_PROGRESS" and made.record.job.state is JobState.CREATED


def test_where_the_other_graph_cannot_be_stored_it_waits_on() -> None:
    made = waiting(2, 5)
    made.handle(RescaleRequested(trigger="u", parallelism=1), at(4))
    made.handle(EffectDone(effect="store-graph:1", error="ValueError: no storage"), at(5))
    assert made.record.triggers["u"].state == "FAILED"
    assert made.record.job.message == "waiting for 3 of 5 slots"
    assert made.record.job.rescale is not None and made.record.job.rescale.parallelism == 5
