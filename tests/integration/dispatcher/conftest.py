import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from penstock.coordination.coordination import Coordination
from penstock.graph.job_graph import JobGraph, JobVertex, OperatorNode

from .jobmaster import AnsweringJobMaster
from .replicas import DispatcherProcess

StartDispatcher = Callable[..., DispatcherProcess]
StartRedis = Callable[..., Any]


@pytest.fixture
def start_dispatcher(redis_url: str, prefix: str) -> Iterator[StartDispatcher]:
    """`start_dispatcher(redis_url=…, **{"key": "value"})`: one more replica of this test's cluster."""
    started: list[DispatcherProcess] = []

    def start(url: str = redis_url, **settings: Any) -> DispatcherProcess:
        started.append(DispatcherProcess(url, prefix, **settings))
        return started[-1]

    yield start
    for replica in started:
        replica.close()


@dataclass(frozen=True)
class LedJob:
    """A submitted job under an `AnsweringJobMaster`, behind a dispatcher process."""

    id: str
    master: AnsweringJobMaster
    dispatcher: DispatcherProcess
    folder: Path

    @property
    def address(self) -> str:
        """`host:port`."""
        return self.dispatcher.url.removeprefix("http://")


@pytest.fixture
def led_job(redis_url: str, prefix: str, start_dispatcher: StartDispatcher, tmp_path: Path) -> Iterator[LedJob]:
    dispatcher, spec = start_dispatcher(), b"a pickled spec"
    digest, job = hashlib.sha256(spec).hexdigest(), "0123456789abcdef" * 2
    operator = OperatorNode(id="a" * 32, name="op", spec=digest)
    vertex = JobVertex(id="a" * 32, name="op", operators=(operator,), parallelism=2, max_parallelism=128)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    graph = JobGraph(job_id=job, name="counting", vertices=(vertex,), edges=(), python_version=version)
    with httpx.Client(base_url=dispatcher.url, trust_env=False, timeout=20) as http:
        http.put(f"/penstock/blobs/{digest}", content=spec).raise_for_status()
        http.post("/penstock/jobs", content=msgspec.json.encode(graph)).raise_for_status()
    with Coordination.connect(redis_url, prefix) as coordination:
        master = AnsweringJobMaster(coordination, job, tmp_path / "checkpoints")
        yield LedJob(job, master, dispatcher, tmp_path)
        master.close()
