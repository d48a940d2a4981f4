"""Random lives of a job with checkpoints: triggers, acks, declines, timeouts, failures, lost slots, takeovers."""

from collections.abc import Callable
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from penstock.coordination.messages import (
    CancelRequested,
    CheckpointRequested,
    Failure,
    RescaleRequested,
    TaskStateChanged,
)
from penstock.graph.states import ExecutionState
from tests.unit.jobmanager.checkpoint_world import CheckpointWorld, Task
from tests.unit.jobmanager.jobs import checkpointed, graph


class CheckpointLife(RuleBasedStateMachine):
    @initialize(
        parallelism=st.integers(1, 2),
        concurrent=st.integers(1, 2),
        retained=st.integers(1, 2),
        tolerable=st.integers(0, 2),
        data=st.data(),
    )
    def submit(self, parallelism: int, concurrent: int, retained: int, tolerable: int, data: st.DataObject) -> None:
        options = checkpointed(
            max_concurrent=concurrent, num_retained=retained, tolerable_failures=tolerable, history=3, timeout=25.0
        )
        self.world = CheckpointWorld(graph(parallelism), options)
        self.requests = 0
        self.pointer = 0
        self.progress(data, 30)
        self.time_passes(10.0)

    @rule(data=st.data(), steps=st.integers(1, 15))
    def all_goes_well(self, data: st.DataObject, steps: int) -> None:
        self.progress(data, steps)

    def progress(self, data: st.DataObject, steps: int) -> None:
        for _ in range(steps):
            doable = self._doable()
            if not doable:
                return
            data.draw(st.sampled_from(doable))()
            self.the_protocol_holds()

    def _doable(self) -> list[Callable[[], None]]:
        world = self.world
        actions: list[Callable[[], None]] = [partial(world.deliver, name) for name in self._queues()]
        actions += [partial(world.carry_out, name) for name in sorted(world.outbox)]
        if world.to_grant:
            actions.append(partial(world.grant, True))
        for allocation, slot in sorted(world.slots.items()):
            if slot.hinted and not slot.claimed and not slot.dead:
                actions.append(partial(world.claim, allocation))
            if slot.claimed and not slot.dead and slot.read < len(world.commands[allocation]):
                actions.append(partial(world.read_commands, allocation))
        for allocation, task in self._tasks("INITIALIZING"):
            actions.append(partial(world.report, allocation, task, "RUNNING"))
        actions += [partial(world.ack, *ackable) for ackable in world.ackable()]
        return actions

    def _tasks(self, *states: str) -> list[tuple[str, Task]]:
        return sorted(
            (allocation, task)
            for allocation, slot in self.world.slots.items()
            for task, state in slot.tasks.items()
            if not slot.dead and not slot.hangs and state in states
        )

    def _queues(self) -> list[str]:
        return sorted(name for name, queue in self.world.queues.items() if queue)

    # -- what users and tasks do ---------------------------------------------------------------------------------------
    @rule(seconds=st.sampled_from([0.5, 2.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @precondition(lambda self: self._unexhausted())
    @rule(data=st.data())
    def input_ends(self, data: st.DataObject) -> None:
        self.world.exhaust(*data.draw(st.sampled_from(self._unexhausted())))

    def _unexhausted(self) -> list[tuple[str, Task]]:
        return [found for found in self._tasks("RUNNING") if not self.world.part(*found).exhausted]

    @rule(kind=st.sampled_from(["checkpoint", "savepoint", "suspend", "drain", "cancel"]))
    def user_asks(self, kind: str) -> None:
        self.requests += 1
        self.world.queues["user"].append(
            CheckpointRequested(
                trigger=f"t{self.requests}",
                savepoint=kind != "checkpoint",
                stop=kind if kind in ("suspend", "drain") else "none",  # type: ignore[arg-type]
                cancel=kind == "cancel",
            )
        )

    @rule(parallelism=st.integers(1, 3))
    def user_rescales(self, parallelism: int) -> None:
        self.requests += 1
        self.world.queues["user"].append(RescaleRequested(trigger=f"t{self.requests}", parallelism=parallelism))

    @precondition(lambda self: self.world.time > 40)
    @rule()
    def user_cancels(self) -> None:
        self.world.queues["user"].append(CancelRequested())

    # -- what goes wrong -----------------------------------------------------------------------------------------------
    @precondition(lambda self: self.world.ackable())
    @rule(data=st.data())
    def task_declines(self, data: st.DataObject) -> None:
        self.world.ack(*data.draw(st.sampled_from(self.world.ackable())), declined=True)

    @precondition(lambda self: self._tasks("INITIALIZING", "RUNNING"))
    @rule(data=st.data())
    def task_fails(self, data: st.DataObject) -> None:
        self.world.report(*data.draw(st.sampled_from(self._tasks("INITIALIZING", "RUNNING"))), "FAILED")

    @precondition(lambda self: self.world.restored is not None and self._tasks("INITIALIZING"))
    @rule(data=st.data())
    def checkpoint_is_damaged(self, data: st.DataObject) -> None:
        allocation, task = data.draw(st.sampled_from(self._tasks("INITIALIZING")))
        slot = self.world.slots[allocation]
        execution = self.world.stored().executions.get(task)
        if execution is None or execution.attempt != slot.attempts[task] or self.world.restored is None:
            return
        slot.tasks[task] = "FAILED"
        failure = Failure(message="CheckpointUnusable: gone", unusable_checkpoint=self.world.restored)
        if execution.state in (ExecutionState.DEPLOYING, ExecutionState.INITIALIZING):
            self.world.unusable.add(self.world.restored)
        self.world.queues[f"slot:{allocation}"].append(
            TaskStateChanged(
                vertex=task[0],
                subtask=task[1],
                attempt=execution.attempt,
                allocation=allocation,
                state="FAILED",
                failure=failure,
            )
        )
        for name in self._queues():
            if name == f"slot:{allocation}":
                while self.world.queues[name]:
                    self.world.deliver(name)

    @precondition(lambda self: self._alive())
    @rule(data=st.data())
    def slot_dies(self, data: st.DataObject) -> None:
        self.world.kill(data.draw(st.sampled_from(self._alive())), "signal 9")

    def _alive(self) -> list[str]:
        return sorted(a for a, s in self.world.slots.items() if not s.dead)

    @precondition(lambda self: any("mirror" in name or "write" in name for name in self.world.outbox))
    @rule(data=st.data())
    def storage_fails(self, data: st.DataObject) -> None:
        found = [name for name in sorted(self.world.outbox) if "mirror" in name or "write" in name]
        self.world.fail_effect(data.draw(st.sampled_from(found)))

    @precondition(lambda self: self._queues())
    @rule(data=st.data())
    def leader_dies_before_its_commit(self, data: st.DataObject) -> None:
        self.world.deliver(data.draw(st.sampled_from(self._queues())), lost=True)

    @rule()
    def leader_dies(self) -> None:
        self.world.take_over()

    @precondition(lambda self: self.world.delivered)
    @rule(data=st.data())
    def event_arrives_again(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(self.world.delivered))
        self.world.commit(self.world.master.handle(event, self.world.now()))

    # -- what must hold ------------------------------------------------------------------------------------------------
    @invariant()
    def the_protocol_holds(self) -> None:
        record = self.world.stored()
        pointer = record.counters.pointer or 0
        assert pointer >= self.pointer, "the pointer moves forward"
        self.pointer = pointer
        pending = [row for row in record.checkpoints.values() if row.status in ("PENDING", "WRITING")]
        assert all(row.generation == record.job.generation for row in pending), "new attempts fail what is pending"
        assert not pending or record.job.state == "RUNNING"
        assert set(record.acks) <= {row.checkpoint for row in pending}, "acks go with the decision"
        decided = len(record.checkpoints) - len(pending)
        assert decided <= 3 + 6, "the history is bounded"
        held = [a for a in record.allocations.values() if a.state in ("OFFERED", "CLAIMED")]
        assert len(held) + len(record.requests) <= len(self.world.master._job.slots)
        live = [e.allocation for e in record.executions.values() if not e.state.is_terminal and e.allocation]
        assert set(live) <= record.allocations.keys()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        for _ in range(300):
            if self.world.master.done:
                break
            while self.world.to_grant:
                self.world.grant(True)
            self.world.finish_up()
            for name in list(self.world.outbox):
                self.world.carry_out(name)
            for queue in list(self.world.queues):
                while self.world.queues[queue]:
                    self.world.deliver(queue)
            self.world.pass_time(1.0)
            self.the_protocol_holds()
        record = self.world.stored()
        assert self.world.master.done, f"the job does not end: {record}"
        assert all(row.status in ("COMPLETED", "FAILED") for row in record.checkpoints.values()), "all are decided"
        assert all(row.state != "IN_PROGRESS" for row in record.triggers.values()), "all are answered"
        assert (not record.acks and self.world.storage.swept) or not record.counters.triggered


CheckpointLife.TestCase.settings = settings(max_examples=300, stateful_step_count=25, deadline=None)
TestCheckpointLife = CheckpointLife.TestCase
