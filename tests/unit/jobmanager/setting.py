"""jobmanagers without processes over the in-memory plane, beside a fake cluster."""

import secrets
import time
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from penstock.client.config import Configuration
from penstock.coordination.holder import new_nonce
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.memory.leases import MemoryLeases
from penstock.coordination.messages import ExchangeRef, encode
from penstock.coordination.rows import ExecutionRow
from penstock.graph.job_graph import JobGraph
from penstock.graph.states import JobState
from penstock_jobmanager.checkpoint_effects import StorageOf
from penstock_jobmanager.checkpoint_storage import JobStorage
from penstock_jobmanager.effect_runner import EffectRunner
from penstock_jobmanager.leader import Leader
from penstock_jobmanager.led_job import LedJob
from penstock_jobmanager.record import JobRecord
from penstock_jobmanager.shell import read_clocks
from tests.unit.jobmanager.fake_cluster import FakeCluster
from tests.unit.jobmanager.jobs import JOB, REF, graph, new_row


class FakeLogs:
    """Input logs that are only counted; `broken` makes them fail for good."""

    def __init__(self) -> None:
        self.alive: set[tuple[str, int]] = set()
        self.broken: Exception | None = None
        self.cancelled: list[tuple[int, int]] = []

    def create(self, graph: JobGraph, generation: int) -> tuple[ExchangeRef, ...]:
        if self.broken:
            raise self.broken
        self.alive.add((graph.job_id, generation))
        return (REF,)

    def delete(self, graph: JobGraph, generation: int) -> None:
        self.alive.discard((graph.job_id, generation))

    def cancel(self, graph: JobGraph, generation: int, checkpoint: int, epoch: int) -> None:
        self.cancelled.append((generation, checkpoint))


class FakeRenewer:
    """Leases never end but by `take`."""

    def __init__(self, coordination: MemoryCoordination) -> None:
        self._leases = coordination.leases
        self.holder = secrets.token_hex(4)
        assert isinstance(coordination.leases, MemoryLeases)
        coordination.leases.connected.add(self.holder)
        self.held: dict[str, str] = {}
        self.gone: set[str] = set()

    def nonce(self) -> str:
        return new_nonce(self.holder)

    def hold(self, role: str, nonce: str, *, acquired: float | None = None) -> None:
        self.held[role] = nonce
        self.gone.discard(role)

    def drop(self, role: str) -> None:
        self.gone.discard(role)
        if nonce := self.held.pop(role, None):
            self._leases.release(role, nonce)

    def lost(self) -> set[str]:
        return set(self.gone)

    def valid(self, role: str) -> bool:
        return role in self.held and role not in self.gone


class JobManager:
    """One jobmanager process without the process."""

    def __init__(
        self,
        coordination: MemoryCoordination,
        cluster: FakeCluster,
        logs: FakeLogs,
        storage: StorageOf,
        id: str,
        others: Callable[[], Mapping[str, int]],
        **settings: str,
    ) -> None:
        def send_hint(queue: str, job: str, allocation: str, epoch: int) -> None:
            cluster.hints.append((queue, job, allocation, epoch))

        configuration = Configuration(settings)
        self.renewer = FakeRenewer(coordination)
        self.effects = EffectRunner(
            coordination.events,
            coordination.keys,
            logs,
            send_hint,
            coordination.blobs,
            storage,
            create_within=0.3,
        )
        self.leader = Leader(
            coordination,
            self.renewer,
            self.effects,
            lambda job, epoch: LedJob(job, epoch, coordination, configuration, self.effects, read_clocks),
            lease_ttl=60_000,
            lease_interval=20_000,
            poll=0.01,
            id=id,
            others=others,
        )

    def die(self) -> None:
        """kill -9, and its leases run out."""
        self.effects.close()
        for role in list(self.renewer.held):
            self.renewer.drop(role)


class Setting:
    def __init__(self, slots: int = 2) -> None:
        self.coordination = MemoryCoordination()
        self.cluster = FakeCluster(self.coordination, slots)
        self.logs = FakeLogs()
        self.storage: StorageOf = JobStorage
        self.managers: list[JobManager] = []

    def start(self, **settings: str) -> JobManager:
        id = f"jobmanager-{len(self.managers)}"

        def others() -> dict[str, int]:
            return {f"jobmanager-{i}": len(m.leader.jobs) for i, m in enumerate(self.managers) if m is not made}

        made = JobManager(self.coordination, self.cluster, self.logs, self.storage, id, others, **settings)
        self.managers.append(made)
        return made

    def submit(self, job_graph: JobGraph | None = None, blob: bytes | None = None) -> None:
        submitted = job_graph or graph(2)
        digest = self.coordination.blobs.put(blob if blob is not None else encode(submitted))
        self.submit_row(submitted.job_id, digest)

    def submit_row(self, job: str, digest: str) -> None:
        row = replace(new_row(job), graph=digest)
        self.coordination.submissions.create(job, "d" + job, digest, "words", 1, {"job": encode(row)})

    def record(self, job: str = JOB) -> JobRecord:
        state = self.coordination.store.load(f"job:{job}")
        return JobRecord.load(state.rows, state.outbox)

    def state(self, job: str = JOB) -> JobState:
        return self.record(job).job.state

    def running(self, job: str = JOB) -> bool:
        return bool(self.executions(job)) and all(e.state == "RUNNING" for e in self.executions(job))

    def executions(self, job: str = JOB) -> list[ExecutionRow]:
        return list(self.record(job).executions.values())

    def until(self, condition: Callable[[], bool], what: str = "") -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, f"not reached: {what} {self.coordination.store.load(f'job:{JOB}')}"
            for manager in self.managers:
                manager.leader.step()
            self.cluster.step()

    def until_over(self, state: str, job: str = JOB, *, settled: bool = True) -> None:
        """`settled`: and nothing is left, of other jobs neither."""
        self.until(lambda: self.coordination.submissions.tombstone(job) is not None, state)
        tombstone = self.coordination.submissions.tombstone(job)
        assert tombstone is not None
        assert (self.state(job), tombstone.state) == (state, state)
        if not settled:
            return
        self.until(lambda: not any(m.leader.jobs for m in self.managers) and self.cluster.free >= 2, "all given back")
        assert self.coordination.submissions.live() == set()
        assert not self.logs.alive and not self.cluster.waiting
