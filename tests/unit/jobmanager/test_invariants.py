"""Random lives of a job: events doubled, late, in any order across their writers, leaders dying at any point."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from penstock.coordination.messages import CancelRequested, Deploy, ReleaseSlot
from penstock.graph.states import EXECUTION_EDGES, JOB_EDGES
from penstock_jobmanager.decision import ToSlot, ToTaskManager
from penstock_jobmanager.options import JobMasterOptions
from penstock_jobmanager.record import JobRecord
from tests.unit.jobmanager.jobs import graph
from tests.unit.jobmanager.world import World


def reachable(edges: frozenset[tuple[str, str]]) -> set[tuple[str, str]]:
    """All pairs joined by a path: one commit may take several edges."""
    found = set(edges)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found | {(s, s) for edge in edges for s in edge}


EXECUTION_PATHS, JOB_PATHS = reachable(EXECUTION_EDGES), reachable(JOB_EDGES)


class JobLife(RuleBasedStateMachine):
    @initialize(parallelism=st.integers(1, 3), data=st.data(), steps=st.sampled_from([0, 4, 8, 15, 25, 35]))
    def submit(self, parallelism: int, data: st.DataObject, steps: int) -> None:
        options = JobMasterOptions(slot_request_timeout=300, cancellation_timeout=10, exception_history_size=2)
        self.world = World(graph(parallelism), options)
        self.before = self.world.stored()
        self.progress(data, steps)

    # -- all goes well -------------------------------------------------------------------------------------------------
    @rule(data=st.data(), steps=st.integers(1, 12))
    def all_goes_well(self, data: st.DataObject, steps: int) -> None:
        self.progress(data, steps)

    def progress(self, data: st.DataObject, steps: int) -> None:
        for _ in range(steps):
            doable = self._doable()
            if not doable:
                return
            data.draw(st.sampled_from(doable))()
            self.every_commit_keeps_the_rules()

    def _doable(self) -> list[Callable[[], None]]:
        """What anybody could do next, in a stable order."""
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
        for allocation, task in self._live_tasks():
            state = "RUNNING" if world.slots[allocation].tasks[task] == "INITIALIZING" else "FINISHED"
            actions.append(partial(world.report, allocation, task, state))
        return actions

    # -- and what goes wrong -------------------------------------------------------------------------------------------
    @precondition(lambda self: self.world.to_grant)
    @rule()
    def offer_dies_with_its_taskmanager(self) -> None:
        self.world.grant(False)

    @precondition(lambda self: self.world.requested)
    @rule(data=st.data())
    def request_is_answered_twice(self, data: st.DataObject) -> None:
        self.world.answer(data.draw(st.sampled_from(sorted(self.world.requested))), True)

    @precondition(lambda self: any(name.startswith("hint") for name in self.world.outbox))
    @rule(data=st.data())
    def hint_is_lost(self, data: st.DataObject) -> None:
        self.world.carry_out(data.draw(st.sampled_from([n for n in sorted(self.world.outbox) if "hint" in n])), False)

    @precondition(lambda self: self._live_tasks())
    @rule(data=st.data(), state=st.sampled_from(["FAILED", "CANCELED"]))
    def task_fails(self, data: st.DataObject, state: str) -> None:
        allocation, task = data.draw(st.sampled_from(self._live_tasks()))
        self.world.report(allocation, task, state)

    @precondition(lambda self: self._live_tasks())
    @rule(data=st.data())
    def slot_hangs(self, data: st.DataObject) -> None:
        self.world.slots[data.draw(st.sampled_from(self._live_tasks()))[0]].hangs = True

    @precondition(lambda self: self._alive())
    @rule(data=st.data())
    def slot_dies(self, data: st.DataObject) -> None:
        self.world.kill(data.draw(st.sampled_from(self._alive())), "signal 9")

    @precondition(lambda self: self.world.time > 3)
    @rule()
    def user_cancels(self) -> None:
        self.world.queues["user"].append(CancelRequested())

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

    @rule(seconds=st.sampled_from([0.5, 2.0, 15.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    def _alive(self) -> list[str]:
        return sorted(a for a, s in self.world.slots.items() if not s.dead)

    def _queues(self) -> list[str]:
        return sorted(name for name, queue in self.world.queues.items() if queue)

    def _live_tasks(self) -> list[tuple[str, tuple[str, int]]]:
        return sorted(
            (allocation, task)
            for allocation, slot in self.world.slots.items()
            for task, state in slot.tasks.items()
            if not slot.dead and not slot.hangs and state in ("INITIALIZING", "RUNNING")
        )

    # -- what must hold ----------------------------------------------------------------------------------------------
    @invariant()
    def every_commit_keeps_the_rules(self) -> None:
        after = self.world.stored()
        self._edges_are_legal(self.before, after)
        assert len(self.world.buried) == after.job.state.is_terminal, "buried exactly when terminal"
        if self.before.job.state.is_terminal:
            assert after == self.before, "terminal is terminal"
        held = [a for a in after.allocations.values() if a.state in ("OFFERED", "CLAIMED")]
        assert len(held) + len(after.requests) <= self.world.graph.slots_required()
        self._released_exactly_at_the_end(after)
        deployed = Counter(
            (task.vertex, task.subtask)
            for op in self.world.ops
            if isinstance(op, ToSlot) and isinstance(op.command, Deploy)
            for task in op.command.tasks
        )
        assert all(n == 1 for n in deployed.values()), "one live attempt"
        assert all(e.attempt == 0 for e in after.executions.values()), "nothing restarts"
        assert len(after.failures) <= 2
        self.before = after

    def _edges_are_legal(self, before: JobRecord, after: JobRecord) -> None:
        assert (before.job.state, after.job.state) in JOB_PATHS
        for subtask, execution in before.executions.items():
            assert (execution.state, after.executions[subtask].state) in EXECUTION_PATHS, subtask

    def _released_exactly_at_the_end(self, record: JobRecord) -> None:
        released = Counter(
            op.allocation for op in self.world.ops if isinstance(op, ToSlot) and isinstance(op.command, ReleaseSlot)
        )
        over = bool(record.executions) and all(e.state.is_terminal for e in record.executions.values())
        for allocation, row in record.allocations.items():
            assert released[allocation] <= 1
            if over:
                assert row.state in ("RELEASING", "GONE")
                assert released[allocation] == 1 or row.state == "GONE"
                assert self.world.claims[allocation] == "WITHDRAWN"
            else:
                assert not released[allocation] or row.state == "GONE"
        if over and not record.outbox:
            assert record.job.state.is_terminal, "a job whose executions are all over ends"
        stopped = record.job.state in ("FAILING", "CANCELLING")
        refused = {op.command.allocation for op in self.world.ops if isinstance(op, ToTaskManager)}
        needed = {name for name, row in record.allocations.items() if row.state != "GONE"}
        assert over or stopped or not refused & needed, "what the job needs is not sent back"
        assert self.world.heard <= record.allocations.keys() | refused, "an offer is accepted or sent back"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.run_to_the_end()
            self.every_commit_keeps_the_rules()
            if not self.world.harmed:
                assert self.before.job.state == "FINISHED", "lost offers, hints and leaders do no harm"


JobLife.TestCase.settings = settings(max_examples=400, stateful_step_count=15, deadline=None)
TestJobLife = JobLife.TestCase
