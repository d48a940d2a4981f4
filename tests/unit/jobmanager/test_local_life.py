"""Random lives of a job whose tasks are restarted alone: as those with checkpoints, and who is not harmed goes on."""

import dataclasses

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from penstock.client.config.options.checkpointing import RestartStrategy
from penstock.client.config.options.execution import FailoverStrategy
from penstock.coordination.failure import Failure
from penstock.coordination.messages import Deploy, JobEvent, RetentionFull, RetentionHalf, SlotLost, TaskStateChanged
from penstock.coordination.restart_strategy import RestartConfig
from penstock.graph.states import ExecutionState, JobState
from penstock_jobmanager.decision import Op, ToSlot
from tests.unit.jobmanager.checkpoint_world import CheckpointWorld, Task
from tests.unit.jobmanager.jobs import FLAT_MAP, chain, checkpointed
from tests.unit.jobmanager.test_checkpoint_life import CheckpointLife

_UP = (ExecutionState.RUNNING, ExecutionState.FINISHED)
LOST: tuple[str, ...] = ("lost", "gap", "fork", "trimmed")


class LocalWorld(CheckpointWorld):
    """Remembers which attempts were harmed, and that no other one is ever replaced within a generation."""

    deployed: list[Deploy]

    def _apply(self, op: Op) -> None:
        super()._apply(op)
        if isinstance(op, ToSlot) and isinstance(op.command, Deploy):
            self.deployed = [*getattr(self, "deployed", []), op.command]

    def deliver(self, queue: str, lost: bool = False) -> None:
        self._note(self.queues[queue][0])
        super().deliver(queue, lost)

    def _note(self, happened: JobEvent) -> None:
        executions = self.master.record.executions
        match happened:
            case TaskStateChanged(state="FAILED" | "CANCELED", vertex=vertex, subtask=subtask, attempt=attempt):
                self.hurt.add((vertex, subtask, attempt))
            case SlotLost(allocation=allocation):
                self.hurt |= {(*s, e.attempt) for s, e in executions.items() if e.allocation == allocation}

    @property
    def hurt(self) -> set[tuple[str, int, int]]:
        return self.__dict__.setdefault("_hurt", set())

    @hurt.setter
    def hurt(self, value: set[tuple[str, int, int]]) -> None:
        self.__dict__["_hurt"] = value


class LocalLife(CheckpointLife):
    world: LocalWorld

    @initialize(
        parallelism=st.integers(1, 2),
        delay=st.sampled_from([0, 1000]),
        concurrent=st.integers(1, 2),
        tolerable=st.sampled_from([0, 10]),
        random=st.sampled_from(["", "", FLAT_MAP]),
    )
    def submit(self, parallelism: int, delay: int, concurrent: int, tolerable: int, random: str) -> None:
        again = RestartConfig(kind=RestartStrategy.FIXED_DELAY, attempts=1000, delay=delay)
        options = checkpointed(again, max_concurrent=concurrent, tolerable_failures=tolerable, history=3, timeout=25.0)
        options = dataclasses.replace(options, failover=FailoverStrategy.TASK, slot_request_timeout=20.0)
        self.world = LocalWorld(chain(parallelism, random=random), options)
        self.requests = 0
        self.pointer = 0
        self.attempts: dict[Task, int] = {}
        self.generation = 0
        self.alone = 0
        for _ in range(6):
            self.world.all_do_their_part()
        self.time_passes(10.0)

    def _damage(self, data: st.DataObject) -> None:
        """Only who is being restored can tell; and what was before it must not be on its way out already."""
        if self._tasks("INITIALIZING") and not any("discard" in name for name in self.world.outbox):
            super()._damage(data)

    @precondition(lambda self: self._tasks("RUNNING"))
    @rule(data=st.data(), kind=st.sampled_from(LOST))
    def input_is_lost(self, data: st.DataObject, kind: str) -> None:
        task = data.draw(st.sampled_from(self._tasks("RUNNING")))
        self.world.report(*task, "FAILED", Failure(message="ExchangeLost", exchange=kind))  # type: ignore[arg-type]

    @precondition(lambda self: self._tasks("RUNNING"))
    @rule(data=st.data(), full=st.booleans())
    def log_grows(self, data: st.DataObject, full: bool) -> None:
        allocation, (vertex, subtask) = data.draw(st.sampled_from(self._tasks("RUNNING")))
        attempt = self.world.slots[allocation].attempts[vertex, subtask]
        told = (RetentionFull if full else RetentionHalf)(vertex=vertex, subtask=subtask, attempt=attempt, bytes=1)
        self.world.queues[f"slot:{allocation}"].append(told)

    @precondition(lambda self: self.world.to_grant)
    @rule()
    def offer_dies_with_its_taskmanager(self) -> None:
        self.world.grant(False)

    @invariant()
    def who_is_not_harmed_goes_on(self) -> None:
        record = self.world.stored()
        if record.job.generation == self.generation:
            for task, execution in record.executions.items():
                before = self.attempts.get(task, execution.attempt)
                assert execution.attempt >= before
                if execution.attempt > before:
                    self.alone += 1
                    assert (*task, execution.attempt - 1) in self.world.hurt, (
                        f"{task} was restarted, and had not failed"
                    )
        self.generation = record.job.generation
        self.attempts = {task: e.attempt for task, e in record.executions.items()}

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """A running job knows of each task that is down how it comes back."""
        record = self.world.stored()
        if record.job.state is not JobState.RUNNING:
            return
        for task, execution in record.executions.items():
            if execution.state is ExecutionState.FAILED:
                assert record.restart.due is not None, f"{task} waits for nothing"
            if execution.state is ExecutionState.SCHEDULED:
                place = self.world.master._job.slot_of(task)
                asked = {self.world.master._job.slot_number(request) for request in record.requests}
                assert place in asked, f"{task} waits for a slot that nobody was asked for"
        down = [e for e in record.executions.values() if e.state not in _UP]
        pending = [row for row in record.checkpoints.values() if row.status == "PENDING"]
        assert not down or not pending, "a cut has no part of an attempt that is over"
        assert record.job.region_only is None or not record.job.retention_full

    @invariant()
    def no_attempt_is_deployed_twice(self) -> None:
        tasks = [(t.vertex, t.subtask, t.attempt) for d in getattr(self.world, "deployed", []) for t in d.tasks]
        assert len(tasks) == len(set(tasks)), "one live attempt"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            event(f"restarted alone: {min(self.alone, 3)}")
            if self.world.stored().job.region_only is not None:
                event("region only at the end")
        super().teardown()


LocalLife.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestLocalLife = LocalLife.TestCase
