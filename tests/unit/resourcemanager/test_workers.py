"""Workers are started as slots are missing and released when idle; none is leaked, whenever a leader dies."""

import random

import pytest

from penstock.coordination.messages import (
    SlotFreed,
    SlotRequestsCancelled,
    SlotsRequested,
    TaskManagerLeft,
    TaskManagerRegistered,
    encode,
)
from penstock.coordination.rows import LedgerRow, TaskManagerRow, WorkerRow
from penstock_resourcemanager.decision import Decision
from penstock_resourcemanager.ledger import Ledger
from penstock_resourcemanager.observed import Observed
from penstock_resourcemanager.slot_manager import SlotManager
from penstock_resourcemanager.workers import WorkerPolicy, Workers

JOB = "a" * 32
POLICY = WorkerPolicy(slots=2, most=6, idle_timeout=30.0, start_timeout=60.0)


class Cluster:
    """A leader, the committed rows, and the workers that run; the driver is `running`."""

    def __init__(self, policy: WorkerPolicy = POLICY) -> None:
        self.policy, self.now, self.epoch = policy, 0.0, 0
        self.rows: dict[str, bytes] = {}
        self.running: set[str] = set()
        self.registered: dict[str, str] = {}
        self.events: list[object] = []
        self.lost: dict[str, str] = {}
        self.elect()

    def elect(self) -> None:
        self.epoch += 1
        ledger = Ledger.load(self.rows)
        workers = Workers(ledger, self.policy, f"t{self.epoch}")
        self.leader = SlotManager(ledger, epoch=self.epoch, offer_timeout=5.0, workers=workers)

    @property
    def workers(self) -> Workers:
        assert self.leader.workers is not None
        return self.leader.workers

    def decide(self, *, looks: bool = True) -> Decision:
        observed = Observed(
            now=self.now,
            registered=dict(self.registered),
            lost=self.lost,
            workers=frozenset(self.running) if looks else None,
        )
        return self.leader.handle(self.events, observed)  # type: ignore[arg-type]

    def commit(self, decision: Decision) -> None:
        self.events, self.lost = [], {}
        for name, row in decision.rows.items():
            if row is None:
                self.rows.pop(name, None)
            else:
                self.rows[name] = encode(row)
        for name, incarnation in decision.removed:
            if self.registered.get(name) == incarnation:
                del self.registered[name]

    def drive(self) -> None:
        self.running |= set(self.workers.to_start)
        self.workers.to_start.clear()
        for worker in self.workers.to_stop:
            self.end(worker)

    def step(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.commit(self.decide())
        self.drive()

    def register(self, worker: str, slots: int = 2) -> None:
        self.registered[worker] = f"i-{worker}"
        self.events.append(
            TaskManagerRegistered(taskmanager=worker, incarnation=f"i-{worker}", slots=slots, host="h", queue="q")
        )

    def end(self, worker: str) -> None:
        self.running.discard(worker)
        if worker in self.registered:
            self.events.append(TaskManagerLeft(taskmanager=worker, incarnation=self.registered[worker]))

    def want(self, count: int, first: int = 0) -> None:
        self.events.append(SlotsRequested(job=JOB, requests=tuple(f"{JOB}-{n}" for n in range(first, first + count))))

    def release_all(self) -> None:
        for row in list(self.leader.ledger.slots.values()):
            self.events.append(
                SlotFreed(
                    taskmanager=row.taskmanager, incarnation=row.incarnation, slot=row.slot, allocation=row.allocation
                )
            )
        self.events.append(SlotRequestsCancelled(job=JOB))

    @property
    def states(self) -> list[str]:
        return sorted(row.state for row in self.leader.ledger.workers.values())


def test_missing_slots_start_workers_and_no_more_than_are_missing() -> None:
    cluster = Cluster()
    cluster.want(3)
    cluster.step()
    assert len(cluster.running) == 2 and cluster.states == ["STARTING", "STARTING"]
    for _ in range(3):
        cluster.step(1)
    assert len(cluster.running) == 2
    for worker in cluster.running:
        cluster.register(worker)
    cluster.step(1)
    assert cluster.states == ["UP", "UP"] and len(cluster.leader.ledger.slots) == 3
    assert cluster.leader.missing() == 0


def test_never_above_the_maximum_with_others_counted() -> None:
    cluster = Cluster()
    cluster.register("other", slots=3)
    cluster.want(20)
    cluster.step()
    assert len(cluster.running) == 1, "3 + 2 slots; 2 more would be too many"


def test_a_minimum_is_kept() -> None:
    cluster = Cluster(WorkerPolicy(slots=2, most=6, least=3, idle_timeout=1.0))
    cluster.step()
    assert len(cluster.running) == 2
    for worker in list(cluster.running):
        cluster.register(worker)
    for _ in range(5):
        cluster.step(10)
    assert cluster.states == ["UP", "UP"]


def test_an_idle_worker_is_released_after_its_time_and_a_busy_one_is_not() -> None:
    cluster = Cluster()
    cluster.want(3)
    cluster.step()
    for worker in cluster.running:
        cluster.register(worker)
    cluster.step()
    cluster.step(100)
    assert cluster.states == ["UP", "UP"]
    one = next(row for row in cluster.leader.ledger.slots.values())
    for row in cluster.leader.ledger.slots_of(one.taskmanager):
        cluster.events.append(
            SlotFreed(
                taskmanager=row.taskmanager, incarnation=row.incarnation, slot=row.slot, allocation=row.allocation
            )
        )
    cluster.step()
    cluster.step(29)
    assert cluster.states == ["UP", "UP"]
    cluster.commit(cluster.decide())
    cluster.now += 2
    cluster.commit(cluster.decide())
    assert cluster.states == ["STOPPING", "UP"] and cluster.workers.to_stop == [one.taskmanager]
    # nobody gets a slot of one that leaves
    cluster.want(2, first=10)
    cluster.commit(cluster.decide())
    assert not cluster.leader.ledger.slots_of(one.taskmanager) and "STARTING" in cluster.states
    cluster.drive()
    cluster.step(1)
    cluster.step(1)
    assert one.taskmanager not in cluster.leader.ledger.workers


def test_one_that_dies_at_its_start_is_replaced_after_a_pause() -> None:
    cluster = Cluster()
    cluster.want(2)
    cluster.step()
    (first,) = cluster.running
    cluster.running.clear()
    cluster.step(9)
    assert list(cluster.leader.ledger.workers) == [first]
    cluster.step(2)
    assert not cluster.leader.ledger.workers and not cluster.running
    cluster.step(6)
    assert len(cluster.running) == 1 and first not in cluster.running


def test_one_that_never_registers_is_ended() -> None:
    cluster = Cluster()
    cluster.want(2)
    cluster.step()
    (first,) = cluster.running
    cluster.step(61)
    assert first not in cluster.running
    cluster.step(1)
    assert first not in cluster.leader.ledger.workers and len(cluster.running) == 1


def test_one_whose_heartbeat_fell_silent_is_ended() -> None:
    cluster = Cluster()
    cluster.want(2)
    cluster.step()
    (first,) = cluster.running
    cluster.register(first)
    cluster.step(1)
    cluster.lost = {first: f"i-{first}"}
    cluster.step(1)
    assert first not in cluster.running and first not in cluster.leader.ledger.taskmanagers


def test_one_that_nobody_knows_is_adopted_and_ended_where_it_never_registers() -> None:
    """A leader that was superseded between its commit and the start, whose row was dropped meanwhile."""
    cluster = Cluster()
    cluster.running.add("worker-late-0")
    cluster.step(1)
    assert cluster.states == ["STARTING"]
    cluster.step(61)
    assert not cluster.running
    cluster.running.add("worker-late-1")
    cluster.register("worker-late-1")
    cluster.register("mine")
    cluster.step(1)
    cluster.step(31)
    cluster.step(1)
    cluster.step(1)
    assert not cluster.running and list(cluster.leader.ledger.taskmanagers) == ["mine"]


def test_rows_survive_a_leader() -> None:
    rows = {
        "worker:worker-x": encode(WorkerRow(worker="worker-x", state="STOPPING")),
        "taskmanager:worker-x": encode(
            TaskManagerRow(taskmanager="worker-x", incarnation="i", slots=1, host="h", queue="q")
        ),
    }
    ledger = Ledger.load(rows)
    assert ledger.leaving() == {"worker-x"} and Workers(ledger, POLICY, "t").to_stop == ["worker-x"]


@pytest.mark.parametrize("seed", range(60))
def test_no_worker_is_leaked_whenever_leaders_die(seed: int) -> None:
    """Leaders die before a commit, after it, and between two starts; a superseded one starts what it had committed."""
    rnd = random.Random(seed)
    cluster = Cluster()
    late: list[str] = []
    requests = 0
    for _ in range(150):
        cluster.now += rnd.choice((0.2, 1.0, 5.0, 20.0))
        if rnd.random() < 0.15:
            cluster.want(rnd.randint(1, 4), first=requests)
            requests += 10
        if rnd.random() < 0.1:
            cluster.release_all()
        for worker in sorted(cluster.running - cluster.registered.keys()):
            if rnd.random() < 0.4:
                cluster.register(worker)
            elif rnd.random() < 0.1:
                cluster.running.discard(worker)
        decision = cluster.decide(looks=rnd.random() < 0.8)
        if rnd.random() < 0.1:
            cluster.elect()  # nothing of that was committed
            continue
        cluster.commit(decision)
        if rnd.random() < 0.15:
            started = cluster.workers.to_start
            late += started[rnd.randrange(len(started) + 1) :] if rnd.random() < 0.5 else []
            cluster.running |= set(started) - set(late)
            cluster.elect()
            continue
        cluster.drive()
        while late and rnd.random() < 0.3:
            cluster.running.add(late.pop())
        slots = sum(row.slots for row in cluster.leader.ledger.taskmanagers.values())
        assert slots <= POLICY.most + 2 * (len(late) + 4), "bounded, also where late ones come beside"
    cluster.running |= set(late)
    cluster.release_all()
    for _ in range(40):
        for worker in sorted(cluster.running - cluster.registered.keys()):
            if rnd.random() < 0.5:
                cluster.register(worker)
        cluster.step(10)
    assert not cluster.running and not cluster.leader.ledger.workers and not cluster.leader.ledger.taskmanagers
    assert not [row for row in cluster.leader.ledger.slots.values() if isinstance(row, LedgerRow)]
