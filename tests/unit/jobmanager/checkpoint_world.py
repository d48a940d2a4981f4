"""The world of a JobMaster whose slots take checkpoints: barriers flow from head tasks, every task acknowledges, and
finishes by a notification. What the protocol promises is checked as things happen."""

from dataclasses import dataclass, field

from penstock.checkpoint.handles import SubtaskState
from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    CheckpointAcked,
    CheckpointDeclined,
    Deploy,
    InputExhausted,
    NotifyCheckpointAborted,
    NotifyCheckpointComplete,
    TriggerCheckpoint,
)
from penstock.coordination.rows import CheckpointRow
from penstock.graph.job_graph import JobGraph
from penstock.graph.wiring import producers
from penstock_jobmanager.decision import Op, ToSlot
from penstock_jobmanager.effect_inputs import NewMetadata
from penstock_jobmanager.effects import DiscardCheckpoint, MirrorPointer, WriteMetadata
from penstock_jobmanager.options import JobMasterOptions
from tests.unit.jobmanager.world import World

Task = tuple[str, int]


@dataclass
class TaskPart:
    """What a task of a slot has to do with checkpoints, by checkpoint: `stop` of its options, whether it had ended."""

    barriers: dict[int, str] = field(default_factory=dict)
    acked: dict[int, bool] = field(default_factory=dict)
    stops: dict[int, str] = field(default_factory=dict)
    exhausted: bool = False
    decided: int = 0  #: checkpoints up to this one are over: with task-local failover old barriers are met again


class CheckpointWorld(World):
    def __init__(self, graph: JobGraph, options: JobMasterOptions) -> None:
        self.parts: dict[tuple[str, Task], TaskPart] = {}
        self.mirrored: set[int] = set()
        self.triggered: list[int] = []
        self.told: list[int] = []
        self.pointer = 0
        self.restored: int | None = None
        self.restores: list[int | None] = []
        self.unusable: set[int] = set()
        super().__init__(graph, options)

    def _apply(self, op: Op) -> None:
        super()._apply(op)
        match op:
            case ToSlot(command=TriggerCheckpoint(checkpoint=n)) if n not in self.triggered[-1:]:
                assert n > max(self.triggered, default=0), "ids are never given twice"
                self.triggered.append(n)
            case ToSlot(command=NotifyCheckpointComplete(checkpoint=n)):
                assert n in self.mirrored, "nobody is told before the mirror is written"
                self.told.append(n)
            case ToSlot(command=Deploy(restore=restore)):
                self._deployed(None if restore is None else restore.checkpoint)

    def _deployed(self, restored: int | None) -> None:
        self.restored = restored
        self.restores.append(restored)
        usable = [n for n in self._completed() if n not in self.unusable]
        assert restored == (max(usable) if usable else None), "the newest one that can be used"
        if restored is not None:
            row = self.stored().checkpoints[restored]
            assert row.options.directory in self.storage.metadata, "it was not discarded"

    def _completed(self) -> list[int]:
        """What the job can be restored from, but for what is damaged."""
        rows = self.stored().checkpoints.items()
        return [n for n, row in rows if row.status == "COMPLETED" and (row.owned or row.options.stop != "none")]

    # -- what slots do -----------------------------------------------------------------------------------------------
    def part(self, allocation: str, task: Task) -> TaskPart:
        return self.parts.setdefault((allocation, task), TaskPart())

    def read_commands(self, allocation: str) -> None:
        slot = self.slots[allocation]
        if not slot.claimed or slot.dead:
            return
        fresh = self.commands[allocation][slot.read :]
        super().read_commands(allocation)
        for command in fresh:
            match command:
                case Deploy(tasks=tasks, decided=decided):
                    for deployed in tasks:
                        self.parts[allocation, (deployed.vertex, deployed.subtask)] = TaskPart(decided=decided)
                case TriggerCheckpoint(checkpoint=n, tasks=tasks, options=options):
                    for head in tasks:
                        if slot.attempts.get((head.vertex, head.subtask)) == head.attempt:
                            self.part(allocation, (head.vertex, head.subtask)).barriers[n] = options.stop
                case NotifyCheckpointComplete(checkpoint=n):
                    self._finish(allocation, n)
                case NotifyCheckpointAborted(checkpoint=n):
                    for task in slot.tasks:
                        self.part(allocation, task).barriers.pop(n, None)

    def _finish(self, allocation: str, checkpoint: int) -> None:
        slot = self.slots[allocation]
        for task, state in list(slot.tasks.items()):
            part = self.part(allocation, task)
            ends = part.acked.get(checkpoint) or part.stops.get(checkpoint, "none") != "none"
            if state == "RUNNING" and checkpoint in part.acked and ends and not slot.hangs:
                self.report(allocation, task, "FINISHED")

    def exhaust(self, allocation: str, task: Task) -> None:
        """A source has no more input, or all its producers have said so."""
        self.part(allocation, task).exhausted = True
        attempt = self.slots[allocation].attempts[task]
        self.queues[f"slot:{allocation}"].append(InputExhausted(vertex=task[0], subtask=task[1], attempt=attempt))

    def ackable(self) -> list[tuple[str, Task, int]]:
        """(slot, task, checkpoint) of snapshots that could be done now: all barriers are there."""
        found = []
        for allocation, slot in sorted(self.slots.items()):
            for task, state in sorted(slot.tasks.items()):
                if slot.dead or slot.hangs or state != "RUNNING":
                    continue
                part = self.part(allocation, task)
                found += [
                    (allocation, task, n)
                    for n in self._barriers(task, part)
                    if n not in part.acked and n > part.decided
                ]
        return found

    def _barriers(self, task: Task, part: TaskPart) -> dict[int, str]:
        feeding = [
            self._running((edge.source, producer))
            for _, edge in self.graph.inputs(task[0])
            for producer in producers(self.graph, edge, task[1])
        ]
        alive = [found for found in feeding if found is not None]
        if not alive:
            return part.barriers
        passed = set.intersection(*(set(found.acked) for found in alive))
        return part.barriers | {n: alive[0].stops[n] for n in passed}

    def _running(self, task: Task) -> TaskPart | None:
        for allocation, slot in self.slots.items():
            if slot.tasks.get(task) == "RUNNING" and not slot.dead:
                return self.part(allocation, task)
        return None

    def ack(self, allocation: str, task: Task, checkpoint: int, declined: bool = False) -> None:
        slot, part = self.slots[allocation], self.part(allocation, task)
        who = {"checkpoint": checkpoint, "vertex": task[0], "subtask": task[1], "attempt": slot.attempts[task]}
        queue = self.queues[f"slot:{allocation}"]
        if declined:
            part.barriers.pop(checkpoint, None)
            queue.append(CheckpointDeclined(failure=Failure(message="OSError: disk full"), **who))  # type: ignore[arg-type]
            return
        part.stops[checkpoint] = self._barriers(task, part)[checkpoint]
        part.acked[checkpoint] = part.exhausted
        state = SubtaskState(size=10 * slot.attempts[task] + task[1], new_bytes=1, ended=part.exhausted)
        queue.append(CheckpointAcked(state=state, **who))  # type: ignore[arg-type]

    # -- what must hold while effects are carried out ------------------------------------------------------------------
    def carry_out(self, name: str, arrives: bool = True) -> None:
        effect = self.outbox[name]
        record = self.stored()
        match effect:
            case WriteMetadata():
                self._is_whole(self.given[name])
            case MirrorPointer(checkpoint=n):
                assert record.checkpoints[n].status == "COMPLETED", "the pointer first, then its mirror"
                self.mirrored.add(n)
            case DiscardCheckpoint(checkpoint=n):
                row = record.checkpoints.get(n)
                over = all(e.state.is_terminal for e in record.executions.values())
                assert row is None or over or self._is_spare(row), "neither restored nor newest"
        super().carry_out(name, arrives)

    def _is_spare(self, row: CheckpointRow) -> bool:
        if row.status != "COMPLETED":
            return row.status == "FAILED"
        newer = {n for n in self._completed() if n > row.checkpoint or row.checkpoint in self.unusable}
        return bool(newer & self.mirrored - self.unusable)

    def _is_whole(self, given: object) -> None:
        """Each part is of the attempt that runs now, or of a task that had finished."""
        assert isinstance(given, NewMetadata)
        executions = self.stored().executions
        for vertex in given.metadata.vertices:
            for number, state in enumerate(vertex.subtasks):
                execution = executions[vertex.id, number]
                assert state.finished or state.size == 10 * execution.attempt + number
                assert not state.finished or execution.state == "FINISHED"

    def all_do_their_part(self, input_ends: bool = False) -> None:
        """One round of everything that happens by itself. `input_ends`: of every task."""
        while self.to_grant:
            self.grant(True)
        for allocation, slot in list(self.slots.items()):
            self.claim(allocation)
            self.read_commands(allocation)
            for task, state in list(slot.tasks.items()):
                if slot.dead or slot.hangs:
                    continue
                if state == "INITIALIZING":
                    self.report(allocation, task, "RUNNING")
                elif input_ends and state == "RUNNING" and not self.part(allocation, task).exhausted:
                    self.exhaust(allocation, task)
        for allocation, task, checkpoint in self.ackable():
            self.ack(allocation, task, checkpoint)
        for name in list(self.outbox):
            self.carry_out(name)
        for queue in list(self.queues):
            while self.queues[queue]:
                self.deliver(queue)
