"""Random lives of a job with checkpoints: triggers, acks, declines, timeouts, failures, lost slots, takeovers."""

from collections.abc import Callable
from functools import partial

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from penstock.coordination.failure import Failure
from penstock.coordination.messages import CancelRequested, CheckpointRequested, RescaleRequested
from tests.unit.jobmanager.checkpoint_world import CheckpointWorld, Task
from tests.unit.jobmanager.jobs import checkpointed, graph


class CheckpointLife(RuleBasedStateMachine):
    @initialize(
        parallelism=st.integers(1, 2),
        concurrent=st.integers(1, 2),
        retained=st.integers(1, 2),
        tolerable=st.integers(0, 2),
    )
    def submit(self, parallelism: int, concurrent: int, retained: int, tolerable: int) -> None:
        options = checkpointed(
            max_concurrent=concurrent, num_retained=retained, tolerable_failures=tolerable, history=3, timeout=25.0
        )
        self.world = CheckpointWorld(graph(parallelism), options)
        self.requests = 0
        self.pointer = 0
        for _ in range(6):
            self.world.all_do_their_part()
        self.time_passes(10.0)

    @rule(data=st.data(), steps=st.integers(1, 15))
    def all_goes_well(self, data: st.DataObject, steps: int) -> None:
        self.progress(data, steps)

    @rule(rounds=st.integers(1, 5))
    def all_is_quiet(self, rounds: int) -> None:
        for _ in range(rounds):
            self.world.all_do_their_part()
            self.the_protocol_holds()

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

    @precondition(lambda self: self._tasks("RUNNING"))
    @rule(data=st.data(), damaged=st.booleans())
    def job_restarts(self, data: st.DataObject, damaged: bool) -> None:
        """A task fails, and all is well again; or what it is restored from is damaged."""
        deploys = len(self.world.restores)
        self._fail(data)
        for _ in range(6):
            self.world.pass_time(1.0)
            self.world.all_do_their_part()
            self.the_protocol_holds()
            if damaged and len(self.world.restores) > deploys:
                self._damage(data)
                return

    def _fail(self, data: st.DataObject) -> None:
        self.world.report(*data.draw(st.sampled_from(self._tasks("RUNNING"))), "FAILED")

    def _damage(self, data: st.DataObject) -> None:
        """A task that is being restored finds its file gone."""
        for allocation in list(self.world.slots):
            self.world.read_commands(allocation)
        restored, starting = self.world.restored, self._tasks("INITIALIZING") or self._tasks("RUNNING")
        if restored is None or not starting:
            return
        allocation, task = data.draw(st.sampled_from(starting))
        self.world.unusable.add(restored)
        failure = Failure(message="CheckpointUnusable: gone", unusable_checkpoint=restored)
        self.world.report(allocation, task, "FAILED", failure)
        while self.world.queues[f"slot:{allocation}"]:
            self.world.deliver(f"slot:{allocation}")

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
            self.world.all_do_their_part(input_ends=True)
            self.world.pass_time(1.0)
            self.the_protocol_holds()
        record = self.world.stored()
        event(f"ends {record.job.state}")
        happened = {
            "completed": record.counters.completed,
            "restored": any(self.world.restores),
            "restarted": record.job.generation,
            "rescaled": any(t.kind == "rescale" and t.state == "COMPLETED" for t in record.triggers.values()),
            "stopped": any(t.kind == "stop" and t.state == "COMPLETED" for t in record.triggers.values()),
            "unusable": self.world.unusable,
        }
        for name in (name for name, found in happened.items() if found):
            event(name)
        assert self.world.master.done, f"the job does not end: {record}"
        assert all(row.status in ("COMPLETED", "FAILED") for row in record.checkpoints.values()), "all are decided"
        assert all(row.state != "IN_PROGRESS" for row in record.triggers.values()), "all are answered"
        assert (not record.acks and self.world.storage.swept) or not record.counters.triggered


CheckpointLife.TestCase.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
TestCheckpointLife = CheckpointLife.TestCase
