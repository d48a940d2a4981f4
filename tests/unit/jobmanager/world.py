"""A model of everything around one JobMaster: store, ResourceManager, TaskManagers, slots, effects.

Each writer's events form a queue that is delivered in order; the queues are delivered in any order. A decision changes
the world only when it is committed.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import cast

from penstock.coordination.failure import Failure
from penstock.coordination.messages import (
    AllocationClaimed,
    CancelRequested,
    CancelTasks,
    Deploy,
    EffectDone,
    GraphStored,
    JobEvent,
    LogsCreated,
    ReleaseSlot,
    SlotCommand,
    SlotLost,
    SlotOffered,
    SlotsRequested,
    TaskStateChanged,
    decode,
    encode,
)
from penstock.coordination.rows import JobRow
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import ExecutionState
from penstock_jobmanager.checkpoint_effects import carry_out
from penstock_jobmanager.decision import Bury, Decision, Op, SetClaim, ToResourceManager, ToSlot, ToTaskManager
from penstock_jobmanager.effect_inputs import Given, given
from penstock_jobmanager.effects import CreateLogs, Effect, SendHint, StorageEffect, StoreGraph
from penstock_jobmanager.job_master import JobMaster
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord
from tests.unit.jobmanager.fake_storage import FakeStorage
from tests.unit.jobmanager.jobs import JOB, REF, new_row


@dataclass
class SlotProcess:
    """The slot behind an allocation, from its offer to its end."""

    hinted: bool = False
    hangs: bool = False  #: its tasks neither finish nor stop
    claimed: bool = False
    dead: bool = False
    read: int = 0
    generation: int = -1
    tasks: dict[tuple[str, int], str] = field(default_factory=dict)
    attempts: dict[tuple[str, int], int] = field(default_factory=dict)


class World:
    def __init__(self, graph: JobGraph, options: JobMasterOptions) -> None:
        self.options = options
        self.graphs: dict[str, JobGraph] = {new_row().graph: graph}  #: the blobs
        self.given: dict[str, Given] = {}  #: what came with each effect in the outbox
        self.storage = FakeStorage()
        self.rows: dict[str, bytes] = {"job": encode(new_row())}
        self.outbox: dict[str, Effect] = {}
        self.claims: dict[str, str] = {}
        self.slots: dict[str, SlotProcess] = {}
        self.commands: dict[str, list[SlotCommand]] = defaultdict(list)
        self.queues: dict[str, list[JobEvent]] = defaultdict(list)
        self.delivered: list[JobEvent] = []
        self.ops: list[Op] = []
        self.requested: set[str] = set()  #: and granted
        self.allocated = 0
        self.to_grant: list[str] = []
        self.buried: list[Bury] = []
        self.heard: set[str] = set()  #: allocations that were offered while the job was led
        self.harmed = False
        self.epoch = 0
        self.time = 0.0
        self.take_over()

    def now(self) -> Now:
        return Now(wall=int(self.time * 1000), mono=self.time)

    @property
    def graph(self) -> JobGraph:
        return self.graphs[decode(self.rows["job"], JobRow).graph]

    def stored(self) -> JobRecord:
        return JobRecord.load(self.rows, {name: encode(effect) for name, effect in self.outbox.items()})

    def take_over(self) -> None:
        """The leader is gone with all that it had not committed; a successor loads."""
        self.epoch += 1
        self.master = JobMaster(self.stored(), self.graph, self.epoch, self.options)
        found = {name: given(effect, self.master.record, self.graph) for name, effect in self.outbox.items()}
        assert all(found[name] == self.given[name] for name in found if name.startswith("write-metadata"))
        self.commit(self.master.start(self.now()))

    def commit(self, decision: Decision) -> None:
        for name, row in decision.rows.items():
            if row is None:
                self.rows.pop(name, None)
            else:
                self.rows[name] = encode(row)
        for name, effect in decision.outbox.items():
            if effect is None:
                self.outbox.pop(name, None)
            else:
                self.outbox[name] = effect
                self.given[name] = given(effect, self.master.record, self.master.graph)
        for op in decision.ops:
            self._apply(op)
        self.ops += decision.ops

    def _apply(self, op: Op) -> None:
        match op:
            case SetClaim(allocation=allocation, claim=claim):
                self.claims[allocation] = claim.state
            case ToSlot(allocation=allocation, command=command):
                self.commands[allocation].append(command)
            case ToTaskManager(command=ReleaseSlot(allocation=allocation)):
                self.kill(allocation, "released")
            case ToResourceManager(event=SlotsRequested(requests=requests)):
                self.to_grant += [r for r in requests if r not in self.requested and r not in self.to_grant]
            case Bury():
                self.buried.append(op)

    # -- what the others do ------------------------------------------------------------------------------------------
    def grant(self, reaches: bool) -> None:
        """The ResourceManager grants the oldest request; the offer may die on its way together with its TaskManager."""
        request = self.to_grant.pop(0)
        self.requested.add(request)
        self.answer(request, reaches)

    def answer(self, request: str, reaches: bool) -> None:
        """An allocation for a request."""
        self.allocated += 1
        allocation = f"{request}-7-{self.allocated}"
        if reaches:
            self.slots[allocation] = SlotProcess()
            offer = SlotOffered(allocation=allocation, request=request, taskmanager="tm", incarnation="i", slot=0)
            self.queues[f"tm:{allocation}"].append(offer)
        else:
            self.queues["rm"].append(SlotLost(allocation=allocation, reason="TaskManager lost"))

    def claim(self, allocation: str) -> None:
        """The slot process takes up the hint, where one has reached it."""
        slot = self.slots[allocation]
        if slot.hinted and not slot.dead and not slot.claimed and self.claims.get(allocation) == "OFFERED":
            slot.claimed = True
            self.queues[f"slot:{allocation}"].append(AllocationClaimed(allocation=allocation, pid=1, incarnation="i"))

    def read_commands(self, allocation: str) -> None:
        """The slot process does what it is told."""
        slot = self.slots[allocation]
        if not slot.claimed or slot.dead:
            return
        for command in self.commands[allocation][slot.read :]:
            slot.read += 1
            match command:
                case Deploy(tasks=tasks, generation=generation):
                    if not command.task_local or generation != slot.generation:
                        slot.tasks.clear()
                    slot.generation = generation
                    for task in tasks:
                        slot.attempts[task.vertex, task.subtask] = task.attempt
                        self.report(allocation, (task.vertex, task.subtask), "INITIALIZING")
                case CancelTasks(tasks=tasks):
                    for task in tasks:
                        if not slot.hangs and slot.tasks.get((task.vertex, task.subtask)) in (
                            "INITIALIZING",
                            "RUNNING",
                        ):
                            self.report(allocation, (task.vertex, task.subtask), "CANCELED")
                case ReleaseSlot():
                    slot.dead = True

    def report(self, allocation: str, task: tuple[str, int], state: str, failure: Failure | None = None) -> None:
        self.slots[allocation].tasks[task] = state
        if state == "FAILED":
            failure = failure or Failure(message="ValueError: x")
        event = TaskStateChanged(
            vertex=task[0],
            subtask=task[1],
            attempt=self.slots[allocation].attempts[task],
            allocation=allocation,
            state=state,
            failure=failure,
        )
        self.queues[f"slot:{allocation}"].append(event)

    def kill(self, allocation: str, reason: str) -> None:
        """The slot process ends; its parent says so after whatever the process had said."""
        slot = self.slots.get(allocation)
        if slot is not None and not slot.dead:
            slot.dead = True
            source = f"slot:{allocation}" if slot.claimed else f"tm:{allocation}"
            self.queues[source].append(SlotLost(allocation=allocation, reason=reason, pid=1 if slot.claimed else 0))

    def carry_out(self, name: str, arrives: bool = True) -> None:
        """The leader's pool has done an effect; the row stays until the event is handled. A hint may not arrive."""
        match self.outbox[name]:
            case SendHint(allocation=allocation):
                self.slots[allocation].hinted |= arrives
                self.queues["effects"].append(EffectDone(effect=name))
            case CreateLogs(generation=generation):
                self.queues["effects"].append(LogsCreated(generation=generation, exchange=(REF,)))
            case StoreGraph(parallelism=parallelism):
                stored = self.given[name]
                assert isinstance(stored, JobGraph)
                self.graphs[f"{parallelism:064}"] = stored
                self.queues["effects"].append(GraphStored(graph=f"{parallelism:064}", parallelism=parallelism))
            case effect if isinstance(effect, StorageEffect):
                self.queues["effects"].append(
                    cast(JobEvent, carry_out(self.storage, effect, self.given[name], self.graph, self.epoch))
                )
            case _:
                self.queues["effects"].append(EffectDone(effect=name))

    def fail_effect(self, name: str) -> None:
        """The leader's pool could not do it."""
        self.queues["effects"].append(EffectDone(effect=name, error="OSError: disk full"))

    def deliver(self, queue: str, lost: bool = False) -> None:
        """The next event of a queue; `lost`: the leader dies after deciding, before its commit."""
        event = self.queues[queue][0]
        led = not self.master.done
        self.harmed |= self._harmful(event)
        decision = self.master.handle(event, self.now())
        if lost:
            self.take_over()
            return
        self.queues[queue].pop(0)
        self.delivered.append(event)
        if isinstance(event, SlotOffered) and led:
            self.heard.add(event.allocation)
        self.commit(decision)

    def _harmful(self, event: JobEvent) -> bool:
        """Whether a job may end otherwise than FINISHED for it."""
        match event:
            case SlotLost(allocation=allocation):
                lost = [e for e in self.master.record.executions.values() if e.allocation == allocation]
                return any(e.state is not ExecutionState.SCHEDULED for e in lost)
            case TaskStateChanged(state=state):
                return state in ("FAILED", "CANCELED")
            case _:
                return isinstance(event, CancelRequested)

    def pass_time(self, seconds: float) -> None:
        self.time += seconds
        self.commit(self.master.tick(self.now()))

    def run_to_the_end(self) -> None:
        """Everybody does what is left to do: tasks that run finish; a user cancels the job where one hangs."""
        if any(slot.hangs for slot in self.slots.values()):
            self.queues["user"].append(CancelRequested())
        for _ in range(400):
            if self.master.done:
                return
            while self.to_grant:
                self.grant(reaches=True)
            for allocation, slot in list(self.slots.items()):
                self.claim(allocation)
                self.read_commands(allocation)
                for task, state in list(slot.tasks.items()):
                    if state in ("INITIALIZING", "RUNNING") and not slot.dead and not slot.hangs:
                        self.report(allocation, task, "FINISHED")
            for name in list(self.outbox):
                self.carry_out(name)
            for queue in list(self.queues):
                while self.queues[queue]:
                    self.deliver(queue)
            self.pass_time(1.0)
        raise AssertionError(f"{JOB} does not end: {self.stored()}")
