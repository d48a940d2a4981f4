"""Tasks of a job over a LocalExchange with storage in memory: what tests of checkpoints drive by hand."""

import pickle
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.checkpoint.handles import SubtaskState
from penstock.checkpoint.options import CheckpointOptions
from penstock.coordination.messages import CheckpointAcked, CheckpointDeclined
from penstock.exchange.elements import CheckpointBarrier
from penstock.exchange.local_exchange import LocalExchange
from penstock.exchange.options import ExchangeOptions
from penstock.graph.compiled import CompiledJob
from penstock.graph.states import ExecutionState
from penstock.graph.wiring import producers
from penstock.runtime.local_collector import LocalCollector
from penstock.runtime.restore import Restored
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.snapshot import ChannelsSnapshot
from penstock.runtime.task import Task
from penstock.runtime.task_factory import Checkpointing, TaskFactory
from penstock.runtime.uploads import SubtaskPart, UploadPool
from penstock.state.handover import hand_over
from penstock.state.memory_snapshot import MemorySnapshot
from penstock.state.portable import MIXED
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot
from tests.unit.runtime.log_exchange import LogExchange

Subtask = tuple[str, int]


def _once(groups: Iterable[tuple[int, bytes]]) -> dict[int, bytes]:
    """Pieces that mix the key groups would all be one."""
    found = list(groups)
    assert MIXED not in dict(found)
    return dict(found)


class MemoryFiles:
    """A StateWriter: (checkpoint, vertex, subtask) -> what was written, as bytes, so that nothing is shared."""

    def __init__(self) -> None:
        self.written: dict[tuple[int, str, int], bytes] = {}
        self.parts: list[SubtaskPart] = []
        #: checkpoint -> what its subtasks acknowledged
        self.states: dict[int, dict[Subtask, SubtaskState]] = {}
        self.released = 0
        self.error: Exception | None = None
        self.may_write = threading.Event()
        self.may_write.set()

    def write(self, part: SubtaskPart, cancelled: Callable[[], bool]) -> SubtaskState:
        try:
            assert self.may_write.wait(30)
            if cancelled():
                raise RuntimeError("cancelled")
            if self.error is not None:
                raise self.error
            operators = {
                operator: (
                    None if o.keyed is None else (dict(o.keyed.states), _once(o.keyed.groups())),
                    {name: (s.redistribution, list(s.items), s.meta) for name, s in o.lists.items()},
                )
                for operator, o in part.operators.items()
            }
            self.parts.append(part)
            content = pickle.dumps((operators, part.channels))
            self.written[part.checkpoint, part.vertex, part.subtask] = content
            return SubtaskState(ended=part.ended, size=len(content))
        finally:
            part.release()
            self.released += 1

    def channels(self) -> dict[tuple[int, str, int], ChannelsSnapshot]:
        """The channel state of all that was written."""
        return {key: ChannelsSnapshot.loads(pickle.loads(content)[1]) for key, content in self.written.items()}

    def discard(self, part: SubtaskPart, state: SubtaskState) -> None:
        del self.written[part.checkpoint, part.vertex, part.subtask]


@dataclass
class MemoryRestore:
    """A Restore out of MemoryFiles, at any parallelism."""

    files: MemoryFiles
    checkpoint: int
    compiled: CompiledJob
    states: Mapping[Subtask, SubtaskState]

    def subtask(self, vertex: str, subtask: int) -> Restored:
        former = sorted(s for v, s in self.states if v == vertex)
        now = self.compiled.graph.vertex(vertex)
        is_same = len(former) == now.parallelism
        mine = [subtask] if is_same else former
        if self.states[vertex, mine[0]].finished:
            return Restored(finished=True)
        # of one that was FINISHED nothing was written
        live = [s for s in former if not self.states[vertex, s].finished]
        read = {s: pickle.loads(self.files.written[self.checkpoint, vertex, s]) for s in live}
        operators = {}
        for operator in read[live[0]][0]:
            snapshots = [self._snapshot(read[s][0][operator]) if s in read else OperatorSnapshot() for s in former]
            operators[operator] = hand_over(snapshots, subtask, now.parallelism, now.max_parallelism)
        return Restored(
            operators,
            [ChannelsSnapshot.loads(read[s][1]) for s in mine if s in read],
            all(self.states[vertex, s].ended for s in mine),
        )

    @staticmethod
    def _snapshot(stored: Any) -> OperatorSnapshot:
        keyed, lists = stored
        return OperatorSnapshot(
            None if keyed is None else MemorySnapshot(*keyed), {name: ListSnapshot(*s) for name, s in lists.items()}
        )


class InlinePool(UploadPool):
    """Writes within the call: no thread decides what happens when."""

    def _run(self, work: Callable[[], None]) -> None:
        work()


@dataclass
class Running:
    """A job's tasks and the loop; the test is the JobMaster."""

    compiled: CompiledJob
    files: MemoryFiles = field(default_factory=MemoryFiles)
    restore: Any = None
    is_on: bool = True
    attempt: int = 0
    bound: int = 64
    over_logs: bool = False  #: every channel through a log
    is_inline: bool = False  #: uploads are done within the step that begins them
    answers: list[Any] = field(default_factory=list)
    exhausted: list[Subtask] = field(default_factory=list)
    #: of `execute_and_collect`
    collectors: dict[str, LocalCollector] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.compiled.graph
        self.exchange: LocalExchange | LogExchange = LocalExchange(graph, ExchangeOptions(local_records=self.bound))
        if self.over_logs:
            self.exchange = LogExchange(graph)
        self.pool = (InlinePool if self.is_inline else UploadPool)(lambda: self.files)
        self.runner = SlotRunner(self.exchange)
        factory = TaskFactory(
            graph,
            self.compiled.blobs.__getitem__,
            lambda _, make: make(),
            lambda c, _: self.collectors.setdefault(c, LocalCollector()),
            checkpointing=Checkpointing(self.pool, self.answers.append, self.is_on, self.restore),
        )
        self.tasks: dict[Subtask, Task] = {}
        for vertex in graph.vertices:
            for n in range(vertex.parallelism):
                gate = self.exchange.input_gate(vertex.id, n)
                task = factory.make(vertex.id, n, self.attempt, gate, self.exchange.writers(vertex.id, n, self.attempt))
                task.on_exhausted = lambda key=(vertex.id, n): self.exhausted.append(key)  # type: ignore[misc]
                self.tasks[vertex.id, n] = task
        for task in self.tasks.values():
            self.runner.add(task)

    @property
    def heads(self) -> list[Task]:
        """As the JobMaster: those that no live task sends to."""
        graph, live = self.compiled.graph, self._live()
        fed = {
            (vertex, n)
            for vertex, n in live
            for _, edge in graph.inputs(vertex)
            if any((edge.source, p) in live for p in producers(graph, edge, n))
        }
        return [self.tasks[key] for key in self.tasks if key in live - fed]

    def trigger(self, checkpoint: int, **options: Any) -> None:
        barrier = CheckpointBarrier(checkpoint, CheckpointOptions(directory="memory", **options))
        for task in self.heads:
            if not task.state.is_terminal:
                task.trigger_checkpoint(barrier)

    def complete(self, checkpoint: int) -> None:
        self._keep(checkpoint)
        for task in self.tasks.values():
            task.checkpoint_complete(checkpoint)

    def abort(self, checkpoint: int) -> None:
        for task in self.tasks.values():
            task.checkpoint_aborted(checkpoint, 1)

    def acks(self, checkpoint: int) -> dict[Subtask, CheckpointAcked]:
        found = [a for a in self.answers if isinstance(a, CheckpointAcked) and a.checkpoint == checkpoint]
        return {(a.vertex, a.subtask): a for a in found}

    def declined(self, checkpoint: int) -> list[CheckpointDeclined]:
        return [a for a in self.answers if isinstance(a, CheckpointDeclined) and a.checkpoint == checkpoint]

    def run(self, until: Callable[[], bool], rounds: int = 5_000) -> None:
        for _ in range(rounds):
            if until():
                return
            self.runner.run_once(0.001)
        raise AssertionError(
            f"it did not come: {[(t.info.task_name, t.state, t.failure) for t in self.tasks.values()]}"
        )

    def settle(self) -> None:
        """Until nobody has anything to do."""
        for _ in range(3):
            while self.runner.run_once(0):
                pass

    def acked(self, checkpoint: int) -> bool:
        return set(self.acks(checkpoint)) >= self._live()

    def _live(self) -> set[Subtask]:
        return {k for k, t in self.tasks.items() if t.state is not ExecutionState.FINISHED}

    def take(self, checkpoint: int, **options: Any) -> None:
        """A whole checkpoint, notified."""
        self.trigger(checkpoint, **options)
        self.run(lambda: self.acked(checkpoint))
        self.complete(checkpoint)

    def restored(self, checkpoint: int, compiled: CompiledJob | None = None, **more: Any) -> "Running":
        """A new attempt of everything from that checkpoint; this one is given up."""
        self._keep(checkpoint)
        self.close()
        compiled = compiled or self.compiled
        restore = MemoryRestore(self.files, checkpoint, compiled, self.files.states[checkpoint])
        more = {"bound": self.bound, "is_inline": self.is_inline, "over_logs": self.over_logs, **more}
        return Running(compiled, self.files, restore, attempt=self.attempt + 1, **more)

    def _keep(self, checkpoint: int) -> None:
        if checkpoint not in self.files.states:
            states = {k: a.state for k, a in self.acks(checkpoint).items()}
            for key in self.tasks:
                states.setdefault(key, SubtaskState(finished=True))
            self.files.states[checkpoint] = states

    def finish(self, checkpoint: int = 1000) -> None:
        """To the end, with a final checkpoint."""
        for _ in range(2 * len(self.tasks)):
            self.run(lambda: set(self.exhausted) >= self._live() or self.is_over)
            if self.is_over:
                return
            self.take(checkpoint)
            self.settle()
            checkpoint += 1
        raise AssertionError("checkpoint after checkpoint, and the tasks do not finish")

    @property
    def is_over(self) -> bool:
        return all(t.state.is_terminal for t in self.tasks.values())

    def records(self, collect: str = "c") -> list[Any]:
        return list(self.collectors[collect].records)

    def close(self) -> None:
        self.runner.close()
        self.pool.close(5)


__all__ = ["InlinePool", "MemoryFiles", "MemoryRestore", "Running"]
