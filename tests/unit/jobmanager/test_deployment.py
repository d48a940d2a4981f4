"""Phase two: logs, Deploy, reports of the tasks, the end of a finished job."""

import pytest
from msgspec.structs import replace

from penstock.coordination.messages import (
    Deploy,
    EffectDone,
    LogsCreated,
    ReleaseSlot,
    SlotRequestsCancelled,
    TaskAttempt,
)
from penstock.coordination.rows import Claim, Tombstone
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager.decision import Bury, Decision, SetClaim, ToResourceManager, ToSlot, ToTaskManager
from penstock_jobmanager.effects import DeleteLogs
from penstock_jobmanager.job import IllegalTransitionError, Job
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    JOB,
    LOGS_CREATED,
    OPTIONS,
    REF,
    SOURCE,
    allocation,
    at,
    claimed,
    graph,
    lost,
    master,
    offered,
    running,
    states,
    task,
)


def test_logs_first_then_one_deploy_a_slot_and_the_job_runs() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(offered(1), at())
    decision = made.handle(LOGS_CREATED, at())
    placement = {SOURCE: (allocation(0),), FLAT_MAP: (allocation(0), allocation(1))}

    def deploy(*tasks: TaskAttempt) -> Deploy:
        return Deploy(
            graph="f" * 64, generation=0, tasks=tasks, placement=placement, exchange=(REF,), epoch=1, time=1000
        )

    assert decision.ops == [
        ToSlot(
            allocation(0),
            deploy(
                TaskAttempt(vertex=SOURCE, subtask=0, attempt=0), TaskAttempt(vertex=FLAT_MAP, subtask=0, attempt=0)
            ),
        ),
        ToSlot(allocation(1), deploy(TaskAttempt(vertex=FLAT_MAP, subtask=1, attempt=0))),
    ]
    assert decision.outbox == {"create-logs:0": None}
    assert made.record.job.state is JobState.RUNNING
    assert made.record.job.exchange == (REF,)
    assert all(a.deployed for a in made.record.allocations.values())


def test_logs_of_another_generation_or_twice_deploy_nothing() -> None:
    made = master(2)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(offered(1), at())
    assert made.handle(LogsCreated(generation=1, exchange=(REF,)), at()) == Decision()
    made.handle(LOGS_CREATED, at())
    assert made.handle(LOGS_CREATED, at()) == Decision()


def test_logs_that_cannot_be_made_fail_the_job() -> None:
    made = master(1)
    made.start(at())
    made.handle(offered(0), at())
    decision = made.handle(EffectDone(effect="create-logs:0", error="ConnectionError: refused"), at())
    assert states(made) == ["FAILING", "CANCELED", "CANCELED"]
    assert decision.rows["job"] == made.record.job
    failure = made.record.job.root_failure
    assert failure is not None and failure.message == "the input logs could not be created: ConnectionError: refused"
    # some may have been made
    assert decision.outbox == {
        f"hint:{allocation(0)}": None,
        "create-logs:0": None,
        "delete-logs:0": DeleteLogs(generation=0),
    }


def test_reports_are_followed_and_repetitions_and_stale_ones_change_nothing() -> None:
    made = running(2)
    assert states(made) == ["RUNNING"] * 4
    assert made.record.executions[SOURCE, 0].timestamps == dict.fromkeys(
        ("CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING"), 1000
    )
    for stale in (
        task(SOURCE, 0, "INITIALIZING"),
        task(SOURCE, 0, "RUNNING"),
        task(SOURCE, 0, "FINISHED", attempt=1),
        replace(task(SOURCE, 0, "FINISHED"), allocation=allocation(1)),
        task("c" * 32, 0, "FINISHED"),
        task(SOURCE, 7, "FAILED"),
    ):
        assert made.handle(stale, at()) == Decision()
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    for state in ("RUNNING", "FINISHED", "FAILED", "CANCELED"):
        assert made.handle(task(SOURCE, 0, state), at()) == Decision()


def test_a_task_whose_running_was_never_heard_of_may_finish() -> None:
    made = master(1)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(LOGS_CREATED, at())
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    assert made.record.executions[SOURCE, 0].state is ExecutionState.FINISHED


def test_the_last_task_gives_every_slot_back_and_the_outbox_delays_the_end() -> None:
    made = running(2)
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    made.handle(task(FLAT_MAP, 0, "FINISHED"), at())
    decision = made.handle(task(FLAT_MAP, 1, "FINISHED"), at(2))

    def back(number: int) -> ReleaseSlot:
        return ReleaseSlot(allocation=allocation(number), job=JOB, epoch=1, time=3000)

    def withdrawn(number: int) -> SetClaim:
        return SetClaim(allocation(number), Claim(state="WITHDRAWN", epoch=1, incarnation="i", pid=100 + number))

    assert decision == Decision(
        rows={
            f"execution:{FLAT_MAP}:1": made.record.executions[FLAT_MAP, 1],
            f"allocation:{allocation(0)}": made.record.allocations[allocation(0)],
            f"allocation:{allocation(1)}": made.record.allocations[allocation(1)],
        },
        outbox={"delete-logs:0": DeleteLogs(generation=0)},
        ops=[
            withdrawn(0),
            ToSlot(allocation(0), back(0)),
            ToTaskManager("tm-1", back(0)),
            withdrawn(1),
            ToSlot(allocation(1), back(1)),
            ToTaskManager("tm-1", back(1)),
            ToResourceManager(SlotRequestsCancelled(job=JOB, epoch=1, time=3000)),
        ],
    )
    assert [a.state for a in made.record.allocations.values()] == ["RELEASING", "RELEASING"]
    assert made.record.job.state is JobState.RUNNING and not made.done

    buried = made.handle(EffectDone(effect="delete-logs:0", error="TimeoutError: gave up"), at(4))
    assert made.done
    assert buried == Decision(
        rows={"job": made.record.job},
        outbox={"delete-logs:0": None},
        ops=[
            Bury(
                Tombstone(job=JOB, state=JobState.FINISHED, time=5000, runtime=4000),
                allocations=(allocation(0), allocation(1)),
                vertices=tuple(sorted(vertex.id for vertex in graph(2).vertices)),
            )
        ],
    )
    assert made.record.job.state is JobState.FINISHED and made.record.job.end_time == 5000
    assert made.handle(EffectDone(effect="delete-logs:0"), at(4)) == Decision()
    assert made.next_deadline() is None


def test_slots_that_go_after_the_end_of_their_tasks_are_no_failure() -> None:
    made = running(2)
    made.handle(task(FLAT_MAP, 1, "FINISHED"), at())
    made.handle(lost(1, pid=101), at())
    assert states(made) == ["RUNNING", "RUNNING", "RUNNING", "FINISHED"]
    made.handle(task(SOURCE, 0, "FINISHED"), at())
    decision = made.handle(task(FLAT_MAP, 0, "FINISHED"), at())
    released = [op.taskmanager for op in decision.ops if isinstance(op, ToTaskManager)]
    assert released == ["tm-1"]
    made.handle(lost(0, pid=100), at())
    made.handle(EffectDone(effect="delete-logs:0"), at())
    assert made.record.job.state is JobState.FINISHED


def test_a_claim_that_arrives_after_the_deploy_is_noted() -> None:
    made = master(1)
    made.start(at())
    made.handle(offered(0), at())
    made.handle(LOGS_CREATED, at())
    made.handle(claimed(0), at())
    assert made.record.allocations[allocation(0)].pid == 100
    assert made.record.allocations[allocation(0)].deployed


def test_an_edge_that_flink_does_not_have_is_refused() -> None:
    job = Job(running(1).record, graph(1), 1, OPTIONS)
    with pytest.raises(IllegalTransitionError, match=r"Source \(1/1\): RUNNING -> SCHEDULED"):
        job.move((SOURCE, 0), ExecutionState.SCHEDULED)
    with pytest.raises(IllegalTransitionError, match="RUNNING -> CREATED"):
        job.enter(JobState.CREATED)
