"""Failed tasks are restarted alone: what is decided, and when all tasks are restarted instead."""

import dataclasses
from typing import Any

import pytest

from penstock.checkpoint.handles import SubtaskState
from penstock.client.config.options.checkpointing import RestartStrategy
from penstock.client.config.options.execution import FailoverStrategy
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CheckpointAcked,
    Deploy,
    EffectDone,
    MetadataWritten,
    RetentionFull,
    RetentionHalf,
    RetentionOff,
    SlotsRequested,
    TaskStateChanged,
    TriggerCheckpoint,
)
from penstock.coordination.restart_strategy import RestartConfig
from penstock.graph.execution_graph import Subtask
from penstock_jobmanager.decision import Decision, ToResourceManager, ToSlot
from penstock_jobmanager.effects import CancelBarriers
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.options import JobMasterOptions
from penstock_jobmanager.record import JobRecord
from tests.unit.jobmanager.jobs import (
    FLAT_MAP,
    LOGS_CREATED,
    SINK,
    SOURCE,
    allocation,
    at,
    chain,
    checkpointed,
    claimed,
    lost,
    new_row,
    offered,
    task,
)

ALL = {(v, n) for v in (SOURCE, FLAT_MAP, SINK) for n in (0, 1)}


def options(delay: int = 0, attempts: int = 100, **checkpoints: Any) -> JobMasterOptions:
    again = RestartConfig(kind=RestartStrategy.FIXED_DELAY, attempts=attempts, delay=delay)
    made = checkpointed(again, tolerable_failures=10, **checkpoints)
    return dataclasses.replace(made, failover=FailoverStrategy.TASK)


def running(delay: int = 0, *, random: str = "", **changes: Any) -> JobMaster:
    """Source, Flat Map, Sink at parallelism 2 in two slots, all RUNNING."""
    made = JobMaster(JobRecord(new_row()), chain(2, random=random), 1, options(delay, **changes))
    made.start(at())
    for number in range(2):
        made.handle(offered(number), at())
        made.handle(claimed(number), at())
    deployed = made.handle(LOGS_CREATED, at())
    assert {d.task_local for d in deploys(deployed)} == {True}
    for vertex, subtask in sorted(ALL):
        up(made, (vertex, subtask))
    return made


def up(master: JobMaster, subtask: Subtask) -> None:
    row = master.record.executions[subtask]
    for reached in ("INITIALIZING", "RUNNING"):
        master.handle(
            TaskStateChanged(
                vertex=row.vertex,
                subtask=row.subtask,
                attempt=row.attempt,
                allocation=row.allocation or "",
                state=reached,
            ),
            at(),
        )


def deploys(decision: Decision) -> list[Deploy]:
    return [op.command for op in decision.ops if isinstance(op, ToSlot) and isinstance(op.command, Deploy)]


def commands(decision: Decision, kind: type) -> list[Any]:
    return [op.command for op in decision.ops if isinstance(op, ToSlot) and isinstance(op.command, kind)]


def state(master: JobMaster) -> str:
    return str(master.record.job.state)


def attempts(master: JobMaster) -> dict[Subtask, int]:
    return {subtask: e.attempt for subtask, e in master.record.executions.items() if e.attempt}


def checkpoint(master: JobMaster, seconds: float, *, sent: int = 5, taken: int = 5) -> Decision:
    """Take the one that is due, up to its last acknowledgement."""
    master.tick(at(seconds))
    (number,) = [n for n, row in master.record.checkpoints.items() if row.status == "PENDING"]
    decision = Decision()
    for (vertex, subtask), row in sorted(master.record.executions.items()):
        decision = master.handle(
            CheckpointAcked(
                checkpoint=number,
                vertex=vertex,
                subtask=subtask,
                attempt=row.attempt,
                state=SubtaskState(size=1),
                sent={f"0:{subtask}:0": sent} if vertex == SOURCE else {},
                taken={f"0:{n}:0": taken for n in (0, 1)} if (vertex, subtask) == (FLAT_MAP, 0) else {},
            ),
            at(seconds),
        )
    return decision


def completed(master: JobMaster, seconds: float) -> int:
    checkpoint(master, seconds)
    number = max(master.record.checkpoints)
    master.handle(MetadataWritten(checkpoint=number, path=f"/c/{number}", size=1, checksum="c"), at(seconds))
    master.handle(EffectDone(effect=f"mirror-pointer:{number}"), at(seconds))
    return number


FAILED = Failure(message="ValueError: x")


def fail(master: JobMaster, vertex: str, seconds: float = 1.0, failure: Failure = FAILED) -> Decision:
    return master.handle(task(vertex, 0, "FAILED", failure, master.record.executions[vertex, 0].attempt), at(seconds))


def test_a_task_that_raised_gets_another_attempt_in_its_slot() -> None:
    master = running()
    number = completed(master, 11.0)
    decision = fail(master, FLAT_MAP, 12.0)
    (deploy,) = deploys(decision)
    assert [(t.vertex, t.subtask, t.attempt) for t in deploy.tasks] == [(FLAT_MAP, 0, 1)]
    assert deploy.restore is not None and deploy.restore.checkpoint == number == deploy.decided
    assert set(deploy.retained) == {FLAT_MAP, SINK}
    assert attempts(master) == {(FLAT_MAP, 0): 1}
    assert state(master) == "RUNNING" and master.record.job.generation == 0
    assert master.record.restart.local == 1 == master.record.restart.restarts
    assert "restarted alone: Flat Map (1/2)" in [f.recovery for f in master.record.failures.values()]


def test_what_is_pending_is_aborted_and_the_next_one_waits_for_all() -> None:
    master = running()
    assert commands(master.tick(at(10.5)), TriggerCheckpoint)
    decision = fail(master, SINK, 11.0)
    assert master.record.checkpoints[1].status == "FAILED"
    assert CancelBarriers(checkpoint=1, generation=0) in decision.outbox.values()
    assert deploys(decision)[0].decided == 1
    assert not commands(master.tick(at(60.0)), TriggerCheckpoint), "one task does not run yet"
    up(master, (SINK, 0))
    assert commands(master.tick(at(60.0)), TriggerCheckpoint)


def test_the_pause_is_kept_and_a_failure_in_it_joins() -> None:
    master = running(delay=2000)
    assert not deploys(fail(master, FLAT_MAP, 1.0))
    assert not deploys(fail(master, SOURCE, 2.0))
    assert master.record.restart.restarts == 1, "the strategy was asked once"
    (deploy,) = deploys(master.tick(at(3.1)))
    assert {(t.vertex, t.attempt) for t in deploy.tasks} == {(SOURCE, 1), (FLAT_MAP, 1)}


def test_a_successor_waits_for_what_is_left_of_the_pause() -> None:
    master = running(delay=2000)
    fail(master, FLAT_MAP, 1.0)
    successor = JobMaster(master.record, chain(2), 2, options(2000))
    assert not deploys(successor.start(at(2.0)))
    (deploy,) = deploys(successor.tick(at(3.1)))
    assert (deploy.epoch, deploy.tasks[0].attempt) == (2, 1)
    assert successor.record.executions[FLAT_MAP, 0].epoch == 2


def test_a_lost_slot_is_replaced_for_its_place() -> None:
    master = running()
    decision = master.handle(lost(1), at(1.0))
    (asked,) = [op.event for op in decision.ops if isinstance(op, ToResourceManager)]
    assert isinstance(asked, SlotsRequested)
    (request,) = asked.requests
    assert int(request.rsplit("-", 1)[1]) % 2 == 1, "for the place of the one that was lost"
    assert master.record.job.message == "waiting for 1 of 2 slots"
    (deploy,) = deploys(master.handle(offered(int(request.rsplit("-", 1)[1])), at(2.0)))
    assert {(t.vertex, t.subtask, t.attempt) for t in deploy.tasks} == {(v, 1, 1) for v in (SOURCE, FLAT_MAP, SINK)}
    assert master.record.job.message == ""
    assert set(attempts(master)) == {(v, 1) for v in (SOURCE, FLAT_MAP, SINK)}


def test_no_slot_in_time_restarts_all() -> None:
    master = running()
    master.handle(lost(1), at(1.0))
    master.tick(at(400.0))
    assert state(master) == "RESTARTING"
    assert not master.record.requests


def test_the_strategy_may_have_had_enough() -> None:
    master = running(attempts=1)
    fail(master, FLAT_MAP)
    up(master, (FLAT_MAP, 0))
    fail(master, FLAT_MAP)
    assert state(master) == "FAILING"


@pytest.mark.parametrize("kind", ["lost", "gap", "fork", "trimmed"])
def test_a_failure_of_the_exchange_restarts_all(kind: Any) -> None:
    master = running()
    fail(master, FLAT_MAP, 1.0, Failure(message="ExchangeLost", exchange=kind))
    assert state(master) == "RESTARTING"
    (row,) = master.record.failures.values()
    assert row.recovery == f"all tasks: its input cannot be read again ({kind})"


def test_what_cannot_be_replayed_restarts_all_and_the_reason_is_kept() -> None:
    master = running(random=FLAT_MAP)
    fail(master, SOURCE)
    assert state(master) == "RUNNING"
    fail(master, FLAT_MAP)
    assert state(master) == "RESTARTING"
    *_, row = master.record.failures.values()
    assert row.recovery == "all tasks: Flat Map cannot be replayed: Flat Map: it is random"


def test_nothing_that_goes_on_restarts_all() -> None:
    master = running(delay=2000)
    master.handle(lost(0), at(1.0))
    assert state(master) == "RUNNING"
    master.handle(lost(1), at(1.0))
    assert state(master) == "RESTARTING"
    assert master.record.restart.restarts == 1, "both slots were of one TaskManager: that is one failure"


def test_another_slot_of_the_taskmanager_later_is_another_failure() -> None:
    master = running()
    request = max(master.handle(lost(1), at(1.0)).rows, key=lambda name: name.startswith("request:"))
    number = int(request.rsplit("-", 1)[1])
    master.handle(offered(number), at(2.0))
    for vertex in (SOURCE, FLAT_MAP, SINK):
        up(master, (vertex, 1))
    master.handle(lost(number), at(3.0))
    assert (state(master), master.record.restart.restarts) == ("RUNNING", 2)


def test_ends_of_a_channel_that_differ_restart_all() -> None:
    master = running()
    checkpoint(master, 11.0, sent=6, taken=5)
    assert master.record.checkpoints[1].status == "FAILED"
    assert state(master) == "RESTARTING"
    (row,) = master.record.failures.values()
    assert "Source (1) has sent 6 records to Flat Map (1), which has taken 5" in row.failure.message


def retention(kind: type, bytes: int = 1) -> Any:
    return kind(vertex=SINK, subtask=0, attempt=0, bytes=bytes)


def test_half_of_a_log_triggers_a_checkpoint_once() -> None:
    master = running()
    assert commands(master.handle(retention(RetentionHalf), at(1.0)), TriggerCheckpoint)
    assert not commands(master.handle(retention(RetentionHalf), at(1.0)), TriggerCheckpoint), "one is pending"


def test_a_full_log_whose_checkpoint_fails_is_trimmed_until_the_next_one() -> None:
    master = running(timeout=5.0)
    master.handle(retention(RetentionFull), at(1.0))
    decision = master.tick(at(7.0))
    (off,) = {(c.vertices, c.checkpoint) for c in commands(decision, RetentionOff)}
    assert off == ((FLAT_MAP, SINK), 2)
    assert master.record.job.region_only == 2 and "trimmed" in master.record.job.message
    assert not commands(master.handle(retention(RetentionFull), at(8.0)), TriggerCheckpoint), "nothing is kept"
    completed(master, 20.0)
    assert master.record.job.region_only is None and master.record.job.message == ""


def test_without_retention_all_restart_and_keep_their_new_logs() -> None:
    master = running(timeout=5.0)
    master.handle(retention(RetentionFull), at(1.0))
    master.tick(at(7.0))
    fail(master, FLAT_MAP, 8.0)
    assert state(master) == "RESTARTING"
    for (vertex, subtask), row in list(master.record.executions.items()):
        if row.state == "CANCELING":
            master.handle(task(vertex, subtask, "CANCELED"), at(9.0))
    assert state(master) == "CREATED"
    assert master.record.job.region_only is None


def test_a_job_that_asks_for_nothing_is_deployed_as_ever() -> None:
    made = JobMaster(JobRecord(new_row()), chain(2), 1, checkpointed())
    made.start(at())
    for number in range(2):
        made.handle(offered(number), at())
    for deploy in deploys(made.handle(LOGS_CREATED, at())):
        assert (deploy.task_local, deploy.retained, deploy.decided) == (False, (), 0)
    assert allocation(0) in made.record.allocations
