"""Subtasks die one by one, or several at once, while the others go on: what sinks commit is what was put in, once, and
every order-dependent state has one history."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.messages import CheckpointAcked
from penstock.exchange.elements import CheckpointBarrier
from penstock.exchange.errors import ExchangeLost
from penstock.exchange.retention import Level, Retention
from penstock.graph.states import ExecutionState
from penstock.graph.wiring import producers
from penstock.operators.specs import MapSpec, ReduceSpec, SinkSpec, SourceSpec
from penstock.runtime.local_collector import LocalCollector
from penstock.runtime.task import Task
from penstock.runtime.task_factory import Checkpointing, TaskFactory
from penstock.runtime.task_local import TaskLocal
from penstock.runtime.uploads import SubtaskPart
from tests.job_builder import JobBuilder
from tests.unit.runtime.checkpointing import InlinePool, MemoryFiles, MemoryRestore
from tests.unit.runtime.retained_logs import Owner, RetainedLogs
from tests.unit.runtime.transactions import CountingSink, Pace, PacedSource, committed

RECORDS, KEYS = 150, 3
Subtask = tuple[str, int]


def mix(state: int, record: int) -> int:
    return (state * 1_000_003 + record * 7919 + 17) % (1 << 61)


class FilesOfAttempts(MemoryFiles):
    """A zombie's file is another one than that of the attempt that counts, as in checkpoint storage."""

    def __init__(self, current: dict[Subtask, int]) -> None:
        super().__init__()
        self._current = current

    def write(self, part: SubtaskPart, cancelled: Callable[[], bool]) -> SubtaskState:
        if part.attempt == self._current[part.vertex, part.subtask]:
            return super().write(part, cancelled)
        part.release()
        return SubtaskState(ended=part.ended)

    def discard(self, part: SubtaskPart, state: SubtaskState) -> None:
        if part.attempt == self._current[part.vertex, part.subtask]:
            super().discard(part, state)


class World:
    """The test is the JobMaster. `zombies`: attempts that nobody has told that they are superseded."""

    def __init__(self, seed: int) -> None:
        self.choice = random.Random(seed)
        self.name = f"task-local-{seed}"
        self.pace = Pace.of[self.name] = Pace(allowed=0, most=self.choice.randrange(1, 8), may_end=False)
        job = JobBuilder()
        p = self.choice.randrange(1, 4)
        source = job.vertex(SourceSpec(PacedSource(range(RECORDS), self.name)), parallelism=p)
        middle = job.vertex(MapSpec(lambda v: (v % KEYS, 0, v)), parallelism=self.choice.randrange(1, 3))
        chain = job.vertex(ReduceSpec(lambda a, b: (b[0], mix(a[1], b[2]), b[2])), parallelism=2)
        sink = job.vertex(SinkSpec(CountingSink(self.name)), parallelism=self.choice.randrange(1, 3))
        job.edge(source, middle, self.choice.choice(["REBALANCE", "SHUFFLE"]))
        job.key_by(middle, chain, lambda t: t[0])
        job.edge(chain, sink, "REBALANCE")
        job.edge(source, sink, self.choice.choice(["REBALANCE", "SHUFFLE"]))
        self.compiled = job.build()
        self.graph = self.compiled.graph
        self.slow = self.choice.choice([0, 0.5, 2])  #: the later in the job, the rarer
        bound = self.choice.choice([400, 2000, 1 << 20])
        self.logs = RetainedLogs(self.graph, {v.id for v in self.graph.vertices}, bound)
        self.pool = InlinePool(lambda: self.files)
        self.tasks: dict[Subtask, Task] = {}
        self.attempts: dict[Subtask, int] = {}
        self.files, self.answers = FilesOfAttempts(self.attempts), list[Any]()
        self.zombies: list[tuple[Owner, Task]] = []
        self.completed: int | None = None
        self.last = 0  #: checkpoint
        self.is_off = False
        self.to_switch_off: dict[Owner, int] = {}  #: who has not heard yet that nothing is kept, and until when
        self.seen: Counter[str] = Counter()
        self.deploy([(v.id, n) for v in self.graph.vertices for n in range(v.parallelism)])

    # -- the JobMaster -----------------------------------------------------------------------------------------------
    def deploy(self, subtasks: list[Subtask]) -> None:
        restore = None
        if self.completed is not None:
            restore = MemoryRestore(self.files, self.completed, self.compiled, self.files.states[self.completed])
        how = Checkpointing(self.pool, self.answers.append, True, restore, TaskLocal("nonce", self.last))
        blobs = self.compiled.blobs.__getitem__
        factory = TaskFactory(self.graph, blobs, lambda _, make: make(), lambda *_: LocalCollector(), checkpointing=how)
        for vertex, n in subtasks:
            attempt = self.attempts[vertex, n] = self.attempts.get((vertex, n), -1) + 1
            owner = vertex, n, attempt
            task = factory.make(vertex, n, attempt, self.logs.gate(owner), self.logs.writers(owner))
            task.start()
            assert task.state is ExecutionState.RUNNING, task.failure
            self.tasks[vertex, n] = task

    def restart(self, subtasks: list[Subtask]) -> None:
        """The commit that makes new attempts gives up what is pending."""
        if self.completed != self.last:
            self.logs.cancel(self.last)
            for key, task in self.tasks.items():
                if key not in subtasks:
                    task.checkpoint_aborted(self.last, 1)
        for vertex, n in subtasks:
            owner, task = (vertex, n, self.attempts[vertex, n]), self.tasks[vertex, n]
            if self.choice.random() < 0.3:
                self.zombies.append((owner, task))
                self.seen["zombies"] += 1
            else:
                task.cancel()
                self.logs.remove(owner)
        self.deploy(subtasks)
        self.pace.allowed += RECORDS  # what is read again
        self.seen["restarts"] += 1
        self.seen["resumed"] += self.completed is not None

    def trigger(self) -> None:
        self.last += 1
        graph, live = self.graph, {k for k, t in self.tasks.items() if not t.state.is_terminal}
        barrier = CheckpointBarrier(self.last, CheckpointOptions(directory="memory"))
        for vertex, n in live:
            fed = any((e.source, p) in live for _, e in graph.inputs(vertex) for p in producers(graph, e, n))
            if not fed:
                self.tasks[vertex, n].trigger_checkpoint(barrier)

    def acks(self) -> dict[Subtask, CheckpointAcked]:
        return {
            (a.vertex, a.subtask): a
            for a in self.answers
            if isinstance(a, CheckpointAcked)
            and a.checkpoint == self.last
            and a.attempt == self.attempts[a.vertex, a.subtask]
        }

    def is_acked(self) -> bool:
        live = {k for k, t in self.tasks.items() if not t.state.is_terminal}
        return set(self.acks()) >= live

    def complete(self) -> None:
        acks, sent, taken = self.acks(), dict[str, int](), dict[str, int]()
        for ack in acks.values():
            sent |= ack.sent or {}
            taken |= ack.taken or {}
        for channel in set(sent) & set(taken):
            assert sent[channel] == taken[channel], f"channel {channel}: {sent[channel]} sent, {taken[channel]} taken"
        self.files.states[self.last] = {
            key: acks[key].state if key in acks else SubtaskState(finished=True) for key in self.tasks
        }
        self.completed = self.last
        self.hear_off(1.0)
        for task in self.tasks.values():
            if not task.state.is_terminal:
                task.checkpoint_complete(self.last)
        # a log that has come to its bound once more is trimmed: nobody restarts alone
        self.is_off = not all(r.is_on for owner, r in self._retentions().items() if not self._is_over(owner))
        self.seen["checkpoints"] += 1

    def abort(self) -> None:
        self.logs.cancel(self.last)
        for task in self.tasks.values():
            task.checkpoint_aborted(self.last, 1)
        if self.choice.random() < 0.5 and any(self._retention(Level.FULL)):
            self.to_switch_off = dict.fromkeys(self._retentions(), self.last + 1)
            self.is_off = True
            self.seen["off"] += 1
            self.hear_off(0.5)

    def hear_off(self, share: float) -> None:
        """It comes by each slot's own stream: some hear it late, none after the completion of the next checkpoint."""
        retentions = self._retentions()
        for owner in [o for o in self.to_switch_off if self.choice.random() < share]:
            retentions[owner].off(self.to_switch_off.pop(owner))
            self.seen["off late"] += retentions[owner].is_on

    def _retentions(self) -> dict[Owner, Retention]:
        logs = {o: c.inlet.log for o, c in self.logs.consumers.items() if self.attempts[o[0], o[1]] == o[2]}
        return {owner: log.retention for owner, log in logs.items() if log.retention is not None}

    def _is_over(self, owner: Owner) -> bool:
        return self.tasks[owner[0], owner[1]].state.is_terminal

    def _retention(self, level: Level) -> list[bool]:
        found = [c.inlet.log.retention for c in self.logs.consumers.values()]
        return [True for r in found if r is not None and r.level >= level]

    # -- what goes on ------------------------------------------------------------------------------------------------
    def steps(self, most: int) -> None:
        places = {v.id: n for n, v in enumerate(self.graph.vertices)}
        for _ in range(most):
            keys = list(self.tasks)
            vertex, n = self.choice.choices(keys, [1.0 / (1 + self.slow * places[v]) for v, _ in keys])[0]
            self._step((vertex, n, self.attempts[vertex, n]), self.tasks[vertex, n])
            self.hear_off(0.01)
            self.seen["full"] += bool(self._retention(Level.FULL))
            if self.zombies and self.choice.random() < 0.3:
                self._step_zombie()

    def _step(self, owner: Owner, task: Task) -> None:
        task.step()
        assert task.failure is None, (task.failure.message, task.failure.traceback)
        self.logs.move(self.choice, owner)
        assert not self.logs.is_fenced(owner), "the newest attempt is fenced"

    def _step_zombie(self) -> None:
        zombie = self.choice.choice(self.zombies)
        owner, task = zombie
        try:
            task.step()
            self.logs.move(self.choice, owner)
            over = task.state.is_terminal or self.logs.is_fenced(owner)
        except ExchangeLost:
            over = True
        if over or self.choice.random() < 0.02:
            self.seen["fenced"] += self.logs.is_fenced(owner)
            self.zombies.remove(zombie)
            self.logs.remove(owner)

    def checkpoint(self, patience: int) -> bool:
        self.trigger()
        for _ in range(patience):
            if self.is_acked():
                self.complete()
                return True
            self.steps(1)
        self.abort()
        return False

    def run(self) -> None:
        for _ in range(16):
            self.pace.allowed += self.choice.randrange(40)
            self.steps(self.choice.randrange(50))
            if not self.is_off and self.choice.random() < 0.5:
                live = [k for k, t in self.tasks.items() if not t.state.is_terminal]
                self.restart(self.choice.sample(live, min(len(live), self.choice.choice([1, 1, 2, 3]))))
            if self.choice.random() < 0.6:
                self.checkpoint(self.choice.choice([30, 400, 1500]))
        self.pace.allowed, self.pace.may_end = 1 << 40, True
        for _ in range(8):
            if all(t.state is ExecutionState.FINISHED for t in self.tasks.values()):
                break
            # nothing fails any more: whatever was before, it must come through, and what waits for it go on
            assert self.checkpoint(12_000), "the checkpoint did not complete"
            self.steps(1500)
        else:
            raise AssertionError("checkpoint after checkpoint, and the tasks do not finish")
        self.check()

    def check(self) -> None:
        found = committed(self.name)
        assert Counter(v for v in found if not isinstance(v, tuple)) == Counter(range(RECORDS))
        results = [v for v in found if isinstance(v, tuple)]
        assert Counter(v for _, _, v in results) == Counter(range(RECORDS))
        for key in range(KEYS):
            states = {record: state for k, state, record in results if k == key}
            at = 0
            (first,) = [r for r, s in states.items() if s == 0]
            del states[first]
            while states:
                following = [r for r, s in states.items() if s == mix(at, r)]
                assert len(following) == 1, f"key {key} has more than one history"
                at = states.pop(following[0])

    def close(self) -> None:
        for _, task in self.zombies:
            task.cancel()
        for task in self.tasks.values():
            task.cancel()
        self.pool.close(5)


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_subtasks_restart_one_by_one_and_nothing_is_lost_doubled_or_forked(first: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(first, first + 10):
        world = World(seed)
        try:
            world.run()
        except BaseException as e:
            e.add_note(f"seed {seed}")
            raise
        finally:
            world.close()
        seen += world.seen
    assert all(seen[what] for what in ("restarts", "resumed", "checkpoints", "zombies", "fenced", "full")), seen
