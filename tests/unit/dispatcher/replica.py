"""A dispatcher over the in-memory coordination, with a job in it: what the tests of the REST resources start from."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from penstock.client.config import Configuration
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.messages import encode
from penstock.coordination.operations import Commit
from penstock.coordination.rows import (
    ExecutionRow,
    JobRow,
    LedgerRow,
    TaskManagerInfo,
    TaskManagerRow,
)
from penstock.exchange.collect_log import CollectEntry
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex, OperatorNode
from penstock.graph.states import ExecutionState, JobState
from penstock.service import Exposition
from penstock_dispatcher.app import build_app
from penstock_dispatcher.cluster_reader import OWN_PYTHON, ClusterReader
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.disposal_store import MemoryDisposalStore
from penstock_dispatcher.jar_request import RunRequest
from penstock_dispatcher.jar_runner import JarRunner, ProgramRun
from penstock_dispatcher.jar_store import JarRow, MemoryJarStore
from penstock_dispatcher.metrics.cluster_exposition import ClusterExposition
from penstock_dispatcher.savepoint_files import NotDisposable

from .in_process import InProcess

JOB = "0123456789abcdef0123456789abcdef"
SOURCE, SINK = "a" * 32, "b" * 32
SPEC = b"a pickled spec"


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def graph(job_id: str = JOB, **changes: Any) -> JobGraph:
    """Two vertices of parallelism 2 and 1."""
    operator = OperatorNode(id=SOURCE, name="Source: lines", spec=digest_of(SPEC))
    other = OperatorNode(id="c" * 32, name="Map <x>", spec=digest_of(SPEC))
    last = OperatorNode(id=SINK, name="Sink: out", spec=digest_of(SPEC))
    fields: dict[str, Any] = {
        "job_id": job_id,
        "name": "word count",
        "vertices": (
            JobVertex(
                id=SOURCE,
                name="Source: lines -> Map <x>",
                operators=(operator, other),
                parallelism=2,
                max_parallelism=128,
            ),
            JobVertex(id=SINK, name="Sink: out", operators=(last,), parallelism=1, max_parallelism=128),
        ),
        "edges": (JobEdge(source=SOURCE, source_operator=1, target=SINK, strategy="REBALANCE"),),
        "configuration": {"pipeline.global-job-parameters": "who:me"},
        "python_version": OWN_PYTHON,
    }
    return JobGraph(**{**fields, **changes})


@dataclass
class RecordingRunner(JarRunner):
    """Stands for the child processes: remembers what it was to run."""

    runs: list[tuple[JarRow, bytes, RunRequest, dict[str, str]]] = field(default_factory=list)

    async def run(
        self,
        row: JarRow,
        content: bytes,
        request: RunRequest,
        configuration: dict[str, str],
        job_id: str,
        origin: str,
        plan_only: bool = False,
    ) -> ProgramRun:
        self.runs.append((row, content, request, configuration))
        return ProgramRun((), "", graph(job_id)) if plan_only else ProgramRun((job_id,), "hello\n")


@dataclass
class ListedBatches:
    """Stands for the exchange: a collect log."""

    entries: tuple[tuple[str, CollectEntry], ...] = ()

    def read(self, job: JobRow, collect_id: str, after: str) -> tuple[list[CollectEntry], str]:
        found = [(at, entry) for at, entry in self.entries if at > after]
        return [entry for _, entry in found], found[-1][0] if found else after


@dataclass
class ListedSavepoints:
    """Stands for checkpoint storage: the folders that can be disposed of."""

    there: set[str] = field(default_factory=set)

    def dispose(self, path: str, live_jobs: Collection[str]) -> None:
        if path not in self.there:
            raise NotDisposable(f"{path}: there is no checkpoint or savepoint")
        self.there.remove(path)


@dataclass
class ListedSizes:
    """Stands for the exchange: (entries, bytes) of input logs."""

    sizes: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def of(self, row: JobRow, graph: JobGraph) -> Mapping[tuple[str, int], tuple[int, int]]:
        return self.sizes


class Replica:
    """A dispatcher without a socket. `http` speaks to it."""

    def __init__(self, **settings: str) -> None:
        self.now = 1_700_000_100.0
        self.coordination = MemoryCoordination()
        self.jars = MemoryJarStore()
        self.runner = RecordingRunner()
        self.collecting = ListedBatches()
        self.disposals = MemoryDisposalStore()
        self.savepoints = ListedSavepoints()
        self.reader = ClusterReader(self.coordination, lambda: self.now)
        self.sizes = ListedSizes()
        self.exposition = Exposition("dispatcher", "dispatcher-1")
        self.exposition.add(ClusterExposition(self.reader, self.coordination.leases, self.sizes))
        self.dispatcher = Dispatcher(
            configuration=Configuration({name.replace("__", "."): value for name, value in settings.items()}),
            coordination=self.coordination,
            reader=self.reader,
            jars=self.jars,
            runner=self.runner,
            collecting=self.collecting,
            disposals=self.disposals,
            savepoints=self.savepoints,
            address="http://127.0.0.1:8081",
            exposition=self.exposition,
        )
        self.app = build_app(self.dispatcher)
        self.http = InProcess(self.app)

    def submit(self, job: JobGraph | None = None) -> JobGraph:
        """A job as a client submits it, through REST."""
        job = job or graph()
        self.coordination.blobs.put(SPEC)
        answer = self.http.post("/penstock/jobs", content=msgspec.json.encode(job))
        assert answer.status_code == 202, answer.text
        return job

    def commit(self, role: str, rows: Mapping[str, msgspec.Struct]) -> None:
        """Rows as a leader writes them."""
        nonce = f"n{self.coordination.store.load(role).revision}"
        epoch = self.coordination.leases.acquire(role, "leader", 60_000)
        assert epoch is not None
        state = self.coordination.store.load(role)
        done = self.coordination.store.commit(
            Commit(
                role=role,
                epoch=epoch,
                revision=state.revision,
                nonce=nonce,
                rows={name: encode(row) for name, row in rows.items()},
            )
        )
        assert done == "OK"
        self.reader.cache.clear()

    def job_row(self, state: JobState, job: str = JOB, **fields: Any) -> None:
        """The job's own row."""
        stored = self.coordination.submissions.get(job)
        assert stored is not None
        row = JobRow(job=job, name="word count", state=state, graph=stored.graph, **fields)
        self.commit(f"job:{job}", {"job": row})

    def executions(self, *rows: ExecutionRow, job: str = JOB) -> None:
        self.commit(f"job:{job}", {f"execution:{r.vertex}:{r.subtask}": r for r in rows})

    def taskmanager(self, name: str = "tm-1", python_version: str = OWN_PYTHON, slots: int = 2) -> None:
        """A registered TaskManager."""
        info = TaskManagerInfo(
            taskmanager=name,
            incarnation="i1",
            host="box",
            pid=100,
            slots=slots,
            queue=f"q-{name}",
            python_version=python_version,
            cpu_cores=4,
            physical_memory=1 << 33,
            time=1_700_000_000_000,
        )
        self.coordination.taskmanagers.register(info)
        row = TaskManagerRow(taskmanager=name, incarnation="i1", slots=slots, host="box", queue=f"q-{name}")
        self.commit("resourcemanager", {f"taskmanager:{name}": row})

    def occupied(self, slot: int, allocation: str, taskmanager: str = "tm-1", job: str = JOB) -> None:
        """A slot set aside for a job."""
        row = LedgerRow(
            allocation=allocation, job=job, request="r", taskmanager=taskmanager, incarnation="i1", slot=slot
        )
        self.commit("resourcemanager", {f"slot:{taskmanager}:{slot}": row})


def running(vertex: str, subtask: int, **fields: Any) -> ExecutionRow:
    """An execution that was deployed at 1,000 and has run since 2,000 (ms after 1,700,000,000 s)."""
    begin = 1_700_000_000_000
    return ExecutionRow(
        vertex=vertex,
        subtask=subtask,
        state=fields.pop("state", ExecutionState.RUNNING),
        timestamps=fields.pop(
            "timestamps",
            {"CREATED": begin, "SCHEDULED": begin + 500, "DEPLOYING": begin + 1000, "RUNNING": begin + 2000},
        ),
        allocation=fields.pop("allocation", f"alloc-{subtask}"),
        taskmanager="tm-1",
        endpoint="box:1234",
        **fields,
    )
