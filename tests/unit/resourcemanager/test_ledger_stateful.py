"""Random registrations, losses, late and repeated events, leader changes: no slot is given twice, none leaks, and every
request is answered or waits."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from penstock.coordination.messages import SlotOffered, SlotsRequested
from penstock_resourcemanager.ledger import Ledger
from tests.unit.resourcemanager.cluster_model import OFFER_TIMEOUT, ClusterModel, JobModel, TaskManagerModel

FEW = st.integers(1, 3)


class SlotLedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.cluster = ClusterModel()

    # -- the cluster ----------------------------------------------------------------------------------------------

    @initialize(sizes=st.lists(FEW, min_size=1, max_size=2), wanted=st.lists(FEW, min_size=1, max_size=2))
    def begins(self, sizes: list[int], wanted: list[int]) -> None:
        for size in sizes:
            self.taskmanager_joins(size)
        for count in wanted:
            self.job_arrives(count)
        self.cluster.lead(1000)

    @rule(size=st.integers(1, 3))
    def taskmanager_joins(self, size: int) -> None:
        if len(self.cluster.taskmanagers) < 3:
            model = TaskManagerModel(f"tm{len(self.cluster.taskmanagers)}", size)
            self.cluster.taskmanagers[model.name] = model
            self.cluster.register(model)

    @precondition(lambda self: self.cluster.taskmanagers)
    @rule(data=st.data())
    def taskmanager_dies(self, data: st.DataObject) -> None:
        self.some_taskmanager(data).alive = False

    @precondition(lambda self: self.cluster.taskmanagers)
    @rule(data=st.data())
    def taskmanager_starts_anew(self, data: st.DataObject) -> None:
        self.cluster.register(self.some_taskmanager(data))

    @precondition(lambda self: self.cluster.taskmanagers)
    @rule(data=st.data(), count=st.sampled_from([1000, 1]))
    def taskmanager_serves(self, data: st.DataObject, count: int) -> None:
        self.cluster.serve(self.some_taskmanager(data), count)

    @precondition(lambda self: self.cluster.taskmanagers)
    @rule(data=st.data())
    def child_starts(self, data: st.DataObject) -> None:
        model = self.some_taskmanager(data)
        self.cluster.start_child(model, data.draw(st.integers(0, model.size - 1)))

    @precondition(lambda self: self.active())
    @rule(data=st.data())
    def child_exits(self, data: st.DataObject) -> None:
        model, pid = data.draw(st.sampled_from(self.active()))
        self.cluster.serve(model, 1000)
        self.cluster.exit_child(model, pid)

    # -- leaders --------------------------------------------------------------------------------------------------

    @rule(count=st.sampled_from([1000, 2, 1]), commits=st.sampled_from([True, True, True, False]))
    def leader_works(self, count: int, commits: bool) -> None:
        self.cluster.lead(count, commits=commits)

    @rule()
    def leader_changes(self) -> None:
        self.cluster.elect()

    @precondition(lambda self: self.cluster.registry)
    @rule(data=st.data())
    def heartbeat_times_out(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.cluster.registry)))
        self.cluster.lead(0, lost={name: self.cluster.registry[name]})

    @rule()
    def time_passes(self) -> None:
        self.cluster.now += OFFER_TIMEOUT

    @precondition(lambda self: self.cluster.events)
    @rule(data=st.data())
    def event_arrives_again(self, data: st.DataObject) -> None:
        self.cluster.events.append(data.draw(st.sampled_from(self.cluster.events)))

    # -- jobs -----------------------------------------------------------------------------------------------------

    @rule(count=FEW)
    def job_arrives(self, count: int) -> None:
        if len(self.cluster.jobs) < 4:
            job = f"job{len(self.cluster.jobs)}"
            self.cluster.jobs[job] = JobModel()
            self.cluster.request(job, count)

    @precondition(lambda self: self.cluster.jobs)
    @rule(data=st.data(), count=st.sampled_from([1000, 1]))
    def job_follows(self, data: st.DataObject, count: int) -> None:
        self.cluster.follow(data.draw(st.sampled_from(sorted(self.cluster.jobs))), count)

    @precondition(lambda self: self.cluster.jobs)
    @rule(data=st.data())
    def job_ends(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.cluster.jobs)))
        if not self.cluster.jobs[job].ended:
            self.cluster.end(job)

    # -- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def no_slot_is_accepted_twice(self) -> None:
        held = [
            (offer.taskmanager, offer.incarnation, offer.slot)
            for job in self.cluster.jobs.values()
            for allocation, offer in job.accepted.items()
            if self.cluster.taskmanagers[offer.taskmanager].rows[offer.slot].allocation == allocation
        ]
        assert len(held) == len(set(held))

    @invariant()
    def committed_grants_are_known_slots(self) -> None:
        ledger = Ledger.load(self.cluster.rows)
        for (name, slot), row in ledger.slots.items():
            assert row.incarnation == ledger.taskmanagers[name].incarnation
            assert slot < ledger.taskmanagers[name].slots

    @invariant()
    def requests_are_answered_or_wait(self) -> None:
        ledger = Ledger.load(self.cluster.rows)
        waiting = {request for demand in ledger.demands.values() for request in demand.requests}
        waiting |= {row.request for row in ledger.slots.values()}
        for event in self.cluster.events[self.cluster.cursor :]:
            if isinstance(event, SlotsRequested):
                waiting |= set(event.requests)
        for job in self.cluster.jobs.values():
            waiting |= {event.request for event in job.events[job.taken :] if isinstance(event, SlotOffered)}
        for name, job in self.cluster.jobs.items():
            assert job.pending <= waiting, f"requests of {name} are forgotten"

    def teardown(self) -> None:
        """Left alone, the cluster comes to rest: ledger and slots agree, and free slots leave no fitting request."""
        cluster = self.cluster
        for _ in range(8):
            dead = {n: i for n, i in cluster.registry.items() if not cluster.taskmanagers[n].alive}
            cluster.lead(1000, lost=dead)
            for model in cluster.taskmanagers.values():
                cluster.serve(model, 1000)
            for job in cluster.jobs:
                cluster.follow(job, 1000)
            cluster.now += OFFER_TIMEOUT + 0.1
        ledger = Ledger.load(cluster.rows)
        actual = {
            (name, slot): row.allocation
            for name, model in cluster.taskmanagers.items()
            if model.alive
            for slot, row in model.rows.items()
            if row.state != "FREE"
        }
        assert {key: row.allocation for key, row in ledger.slots.items()} == actual
        assert ledger.taskmanagers.keys() == {name for name, model in cluster.taskmanagers.items() if model.alive}
        live = {job for job, model in cluster.jobs.items() if not model.ended}
        assert {row.job for row in ledger.slots.values()} | ledger.demands.keys() <= live
        free = sum(row.slots for row in ledger.taskmanagers.values()) - len(ledger.slots)
        assert all(len(demand.requests) > free for demand in ledger.demands.values())

    # -- draws ----------------------------------------------------------------------------------------------------

    def some_taskmanager(self, data: st.DataObject) -> TaskManagerModel:
        return self.cluster.taskmanagers[data.draw(st.sampled_from(sorted(self.cluster.taskmanagers)))]

    def active(self) -> list[tuple[Any, int]]:
        return [
            (model, row.pid)
            for model in self.cluster.taskmanagers.values()
            for row in model.rows.values()
            if model.alive and row.state == "ACTIVE"
        ]


TestSlotLedger = SlotLedgerMachine.TestCase
TestSlotLedger.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
