"""A cluster without I/O: real slot manager, real slot tables, everything between them as lists."""

from dataclasses import dataclass, field

from penstock.coordination.messages import (
    JobEvent,
    ReleaseSlot,
    ResourceEvent,
    SlotFreed,
    SlotLost,
    SlotOffered,
    SlotRequestsCancelled,
    SlotsRequested,
    TaskManagerCommand,
    encode,
)
from penstock.coordination.rows import SlotRow
from penstock_resourcemanager.ledger import Ledger
from penstock_resourcemanager.observed import Observed
from penstock_resourcemanager.slot_manager import SlotManager
from penstock_taskmanager.effects import Effect, FreeSlot, KillChild, OfferToJob, TellJob, TellResourceManager
from penstock_taskmanager.slot_table import SlotTable

OFFER_TIMEOUT = 5.0


@dataclass
class TaskManagerModel:
    name: str
    size: int
    incarnation: int = 0
    alive: bool = True
    rows: dict[int, SlotRow] = field(default_factory=dict)
    commands: list[TaskManagerCommand] = field(default_factory=list)
    taken: int = 0

    def renew(self) -> None:
        """A fresh incarnation: slots idle, what was commanded before is skipped."""
        self.incarnation += 1
        self.taken = len(self.commands)
        self.rows = {slot: SlotRow(state="FREE", incarnation=self.identity) for slot in range(self.size)}
        self.table = SlotTable(
            taskmanager=self.name, incarnation=self.identity, slots=self.size, host="h", queue="q", grace=5.0
        )

    @property
    def identity(self) -> str:
        return f"{self.name}.{self.incarnation}"


@dataclass
class JobModel:
    pending: set[str] = field(default_factory=set)
    accepted: dict[str, SlotOffered] = field(default_factory=dict)
    events: list[JobEvent] = field(default_factory=list)
    taken: int = 0
    ended: bool = False
    requests: int = 0


class ClusterModel:
    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[ResourceEvent] = []
        self.rows: dict[str, bytes] = {}
        self.cursor = 0
        self.epoch = 0
        self.taskmanagers: dict[str, TaskManagerModel] = {}
        self.registry: dict[str, str] = {}
        self.jobs: dict[str, JobModel] = {}
        self.pids = 0
        self.elect()

    def elect(self) -> None:
        """A leader that knows what is committed, and nothing else."""
        self.epoch += 1
        self.leader = SlotManager(Ledger.load(self.rows), epoch=self.epoch, offer_timeout=OFFER_TIMEOUT)

    def lead(self, count: int, *, lost: dict[str, str] | None = None, commits: bool = True) -> None:
        """One round of the leader over up to `count` events; without a commit it dies at the last moment."""
        batch = self.events[self.cursor : self.cursor + count]
        observed = Observed(
            now=self.now,
            registered=dict(self.registry),
            ended=frozenset(job for job, model in self.jobs.items() if model.ended),
            lost=lost or {},
            slots={name: dict(model.rows) for name, model in self.taskmanagers.items() if name in self.registry},
        )
        decision = self.leader.handle(batch, observed)
        if not commits:
            self.elect()
            return
        self.cursor += len(batch)
        for name, row in decision.rows.items():
            if row is None:
                self.rows.pop(name, None)
            else:
                self.rows[name] = encode(row)
        for job, event in decision.job_events:
            self.jobs[job].events.append(event)
        for name, command in decision.commands:
            self.taskmanagers[name].commands.append(command)
        for name, incarnation in decision.removed:
            if self.registry.get(name) == incarnation:
                del self.registry[name]

    def register(self, model: TaskManagerModel) -> None:
        model.renew()
        model.alive = True
        self.registry[model.name] = model.identity
        self.events.append(model.table.registration({}))

    def serve(self, model: TaskManagerModel, count: int) -> None:
        """A TaskManager's heartbeat, then some of its commands."""
        if not model.alive:
            return
        if self.registry.get(model.name) != model.identity:
            self.register(model)
            return
        self.apply(model, model.table.due(model.rows, self.now))
        for command in model.commands[model.taken : model.taken + count]:
            model.taken += 1
            self.apply(model, model.table.command(command, model.rows, self.now))

    def apply(self, model: TaskManagerModel, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case OfferToJob():
                    assert model.rows[effect.slot].state == "FREE", "a slot was given twice"
                    model.rows[effect.slot] = effect.row
                    self.jobs[effect.row.job].events.append(effect.event)
                case FreeSlot():
                    model.rows[effect.slot] = SlotRow(state="FREE", incarnation=model.identity)
                    self.events.append(
                        SlotFreed(
                            taskmanager=model.name,
                            incarnation=model.identity,
                            slot=effect.slot,
                            allocation=effect.row.allocation,
                        )
                    )
                case TellJob():
                    self.jobs[effect.job].events.append(effect.event)
                case TellResourceManager():
                    self.events.append(effect.event)
                case KillChild():
                    self.exit_child(model, effect.pid)

    def start_child(self, model: TaskManagerModel, slot: int) -> None:
        row = model.rows[slot]
        if model.alive and row.state == "OFFERED" and row.allocation in self.jobs[row.job].accepted:
            self.pids += 1
            model.rows[slot] = SlotRow(
                state="ACTIVE",
                incarnation=row.incarnation,
                allocation=row.allocation,
                job=row.job,
                request=row.request,
                pid=self.pids,
            )

    def exit_child(self, model: TaskManagerModel, pid: int) -> None:
        self.apply(model, model.table.exited({pid}, model.rows))

    def request(self, job: str, count: int) -> None:
        model = self.jobs[job]
        added = [f"{job}-{model.requests + n}" for n in range(count)]
        model.requests += count
        model.pending.update(added)
        self.events.append(SlotsRequested(job=job, requests=tuple(sorted(model.pending))))

    def follow(self, job: str, count: int) -> None:
        """The JobMaster takes some of its events."""
        model = self.jobs[job]
        if model.ended:
            return
        for event in model.events[model.taken : model.taken + count]:
            model.taken += 1
            if isinstance(event, SlotOffered):
                if event.request in model.pending:
                    model.pending.discard(event.request)
                    model.accepted[event.allocation] = event
                else:
                    self.release(job, event.taskmanager, event.allocation)
            elif isinstance(event, SlotLost):
                request = event.allocation.rsplit("-", 2)[0]
                if model.accepted.pop(event.allocation, None):
                    self.request(job, 1)
                elif request in model.pending:
                    # the offer never came, and the request counts as answered
                    model.pending.discard(request)
                    self.request(job, 1)

    def release(self, job: str, taskmanager: str, allocation: str) -> None:
        self.taskmanagers[taskmanager].commands.append(ReleaseSlot(epoch=1, allocation=allocation, job=job))

    def end(self, job: str) -> None:
        model = self.jobs[job]
        for allocation, offer in model.accepted.items():
            self.release(job, offer.taskmanager, allocation)
        model.accepted.clear()
        model.pending.clear()
        self.events.append(SlotRequestsCancelled(job=job))
        model.ended = True
