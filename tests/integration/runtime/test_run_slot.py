"""Slot processes over real Redis, deployed by hand."""

import hashlib
import os
import subprocess
import sys
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penstock.graph.compiled import CompiledJob
from penstock.operators.specs import FlatMapSpec, MapSpec, PrintSpec, ReaderContext, ReduceSpec, SourceSpec
from tests.conftest import RedisServer
from tests.integration.runtime.slots import SLOT_PROGRAM, Cluster
from tests.job_builder import JobBuilder, ListReader, ListSource, source_of

pytestmark = pytest.mark.integration

MakeCluster = Callable[[CompiledJob, dict[str, tuple[str, ...]]], Cluster]
TEXT = ["to be or not to be", "that is the question", "to be"] * 200


@pytest.fixture
def cluster(redis_server: RedisServer, prefix: str) -> Iterator[MakeCluster]:
    made: list[Cluster] = []

    def make(compiled: CompiledJob, placement: dict[str, tuple[str, ...]]) -> Cluster:
        graph = msgspec.structs.replace(compiled.graph, job_id=uuid.uuid4().hex)
        made.append(Cluster(redis_server.url, prefix, CompiledJob(graph, compiled.blobs), placement))
        return made[-1]

    yield make
    for each in made:
        each.close()


def word_count(function: Any = None) -> CompiledJob:
    job = JobBuilder()
    tokens = job.vertex(source_of(TEXT), FlatMapSpec(str.split), MapSpec(lambda w: (w, 1)), parallelism=2)
    counts = job.vertex(
        ReduceSpec(lambda a, b: (a[0], a[1] + b[1])), MapSpec(function or (lambda t: t)), PrintSpec(), parallelism=2
    )
    job.key_by(tokens, counts, lambda t: t[0])
    return job.build()


def spread(compiled: CompiledJob) -> dict[str, tuple[str, ...]]:
    """Subtask n of every vertex in slot n, as slot sharing has it."""
    return {v.id: tuple(f"a{n}" for n in range(v.parallelism)) for v in compiled.graph.vertices}


def test_two_slots_exchange_and_finish(cluster: MakeCluster) -> None:
    compiled = word_count()
    job = cluster(compiled, spread(compiled))
    job.start("a0", "a1")
    job.deploy("a0", "a1")
    job.wait_for("FINISHED", 4)
    # a second copy of a command changes nothing
    job.deploy("a0")
    job.release("a0", "a1")
    lines = job.output("a0") + job.output("a1")
    assert [job.processes[a].returncode for a in ("a0", "a1")] == [0, 0]
    expected = Counter(word for line in TEXT for word in line.split())
    largest: dict[str, int] = {}
    for line in lines:
        subtask, _, update = line.partition("> ")
        assert subtask in ("1", "2")
        word, n = eval(update)
        assert n == largest.get(word, 0) + 1, "an update was lost, doubled or overtaken"
        largest[word] = n
    assert largest == expected
    states: dict[Any, list[str]] = {}
    for event in job.events:
        states.setdefault((event.vertex, event.subtask), []).append(event.state)
    assert list(states.values()) == [["RUNNING", "FINISHED"]] * 4
    consumer = compiled.graph.vertices[1].id
    # data crossed between the slots, through the input log of each consumer
    assert all(job.was_written(consumer, n) for n in range(2))
    metrics = job.coordination.metrics.all(job.job)
    assert sum(metrics[consumer, n].records_in for n in range(2)) == sum(expected.values())
    assert all(m.final for m in metrics.values())


def fails_at_ten(value: Any) -> Any:
    if value[1] == 10:
        raise ValueError(f"bad count of {value[0]}")
    return value


def test_a_failure_carries_the_users_traceback_and_the_others_can_be_cancelled(cluster: MakeCluster) -> None:
    compiled = word_count(fails_at_ten)
    job = cluster(compiled, spread(compiled))
    job.start("a0", "a1")
    job.deploy("a0", "a1")
    (failed, *_) = job.wait_for("FAILED", 1)
    assert failed.failure is not None
    assert failed.failure.message.startswith("ValueError: bad count of ")
    first = failed.failure.traceback.splitlines()[1]
    assert "fails_at_ten" in first
    job.cancel("a0")
    job.cancel("a1")
    job.release("a0", "a1")
    for allocation in ("a0", "a1"):
        job.output(allocation)
        assert job.processes[allocation].returncode == 0


class OpenReader(ListReader):
    def poll(self, max_records: int) -> list[Any] | None:
        return super().poll(max_records) or []


class Endless(ListSource):
    """Never ends, and mostly has nothing."""

    bounded = False

    def create_reader(self, context: ReaderContext) -> ListReader:
        return OpenReader()


def test_running_tasks_are_cancelled(cluster: MakeCluster) -> None:
    builder = JobBuilder()
    source = builder.vertex(SourceSpec(Endless(["x"])))
    builder.edge(source, builder.vertex(PrintSpec()), "REBALANCE")
    compiled = builder.build()
    job = cluster(compiled, {v.id: (f"a{n}",) for n, v in enumerate(compiled.graph.vertices)})
    job.start("a0", "a1")
    job.deploy("a0", "a1")
    job.wait_for("RUNNING", 2)
    job.cancel("a0")
    job.cancel("a1")
    job.wait_for("CANCELED", 2)
    job.release("a0", "a1")
    assert job.output("a0") == []
    job.output("a1")


def zip_of(**files: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.py", content)
    return buffer.getvalue()


def one_vertex(function: Any) -> CompiledJob:
    builder = JobBuilder()
    builder.vertex(source_of(["x"]), MapSpec(function), PrintSpec())
    return builder.build()


def imports_its_module(value: str) -> str:
    import users_own_module  # type: ignore[import-not-found]

    return str(users_own_module.shout(value))


def test_the_users_modules_travel_with_the_job(cluster: MakeCluster) -> None:
    compiled = one_vertex(imports_its_module)
    package = zip_of(users_own_module="def shout(v):\n    return v.upper() + '!'\n")
    digest = hashlib.sha256(package).hexdigest()
    graph = msgspec.structs.replace(compiled.graph, package=digest)
    compiled = CompiledJob(graph, {**compiled.blobs, digest: package})
    job = cluster(compiled, spread(compiled))
    job.start("a0")
    job.deploy("a0")
    job.wait_for("FINISHED", 1)
    job.release("a0")
    assert job.output("a0") == ["X!"]


def test_a_package_that_escapes_its_folder_fails_the_tasks(cluster: MakeCluster, tmp_path: Path) -> None:
    compiled = one_vertex(str)
    package = zip_of(**{"../../escaped": "x = 1"})
    digest = hashlib.sha256(package).hexdigest()
    graph = msgspec.structs.replace(compiled.graph, package=digest)
    job = cluster(CompiledJob(graph, {**compiled.blobs, digest: package}), spread(compiled))
    job.start("a0")
    job.deploy("a0")
    (failed,) = job.wait_for("FAILED", 1)
    assert failed.failure is not None and "would escape its folder" in failed.failure.message
    job.release("a0")
    job.output("a0")


def test_a_function_whose_module_is_missing_is_named(cluster: MakeCluster) -> None:
    compiled = one_vertex(str)
    spec = compiled.graph.vertices[0].operators[1].spec
    broken = b"cno_such_module\nf\n."
    digest = hashlib.sha256(broken).hexdigest()
    vertex = compiled.graph.vertices[0]
    nodes = tuple(msgspec.structs.replace(o, spec=digest) if o.spec == spec else o for o in vertex.operators)
    graph = msgspec.structs.replace(compiled.graph, vertices=(msgspec.structs.replace(vertex, operators=nodes),))
    job = cluster(CompiledJob(graph, {**compiled.blobs, digest: broken}), spread(compiled))
    job.start("a0")
    job.deploy("a0")
    (failed,) = job.wait_for("FAILED", 1)
    assert failed.failure is not None
    assert "operator 'Map' cannot be unpickled: ModuleNotFoundError: No module named 'no_such_module'" in (
        failed.failure.message
    )
    job.release("a0")
    job.output("a0")


_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], *sys.argv[2:]])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_slot_leaves_when_its_parent_is_gone(cluster: MakeCluster) -> None:
    compiled = word_count()
    job = cluster(compiled, spread(compiled))
    arguments = [job.url, job.keys.prefix, job.job, "a0"]
    command = [sys.executable, "-c", _PARENT, SLOT_PROGRAM, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        job.deploy("a0")
        job.wait_for("RUNNING", 2)
        parent.kill()
        # the child holds the pipe open until it is gone
        parent.stdout.read()
    with pytest.raises(ProcessLookupError):
        _wait_until_gone(child)


def _wait_until_gone(pid: int) -> None:
    for _ in range(200):
        os.kill(pid, 0)
        if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z"):
            raise ProcessLookupError(pid)
        time.sleep(0.05)
