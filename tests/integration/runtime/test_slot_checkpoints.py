"""Checkpoints of slot processes, driven by hand: trigger, acknowledge, notify, restore."""

import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penstock.coordination.messages import CheckpointAcked, CheckpointDeclined, InputExhausted, RestoreRef
from penstock.graph.compiled import CompiledJob
from penstock.operators.specs import MapSpec, ReaderContext, ReduceSpec, SinkSpec, SourceSpec, WriterContext
from penstock.testing.crash_points import VARIABLE
from tests.conftest import RedisServer
from tests.integration.runtime.slots import Cluster
from tests.job_builder import JobBuilder, ListReader, ListSource

pytestmark = pytest.mark.integration

RECORDS = 2000
MakeCluster = Callable[[CompiledJob], Cluster]


class SlowReader(ListReader):
    """So many records a pause; ends when a file says so."""

    def __init__(self, may_end: Path, records: int, pause: float) -> None:
        super().__init__()
        self._may_end, self._records, self._pause = may_end, records, pause

    def poll(self, max_records: int) -> list[Any] | None:
        if not self._values:
            return None if self._may_end.exists() else []
        time.sleep(self._pause)
        return super().poll(self._records)


class SlowSource(ListSource):
    """`pause` in seconds."""

    def __init__(self, values: Sequence[Any], may_end: Path, records: int = 2, pause: float = 0.001) -> None:
        super().__init__(values)
        self._path, self._records, self._pause = may_end, records, pause

    def create_reader(self, context: ReaderContext) -> ListReader:
        return SlowReader(self._path, self._records, self._pause)


class FolderSink:
    """A transaction is a file that is renamed when it is committed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create_writer(self, context: WriterContext) -> "FolderWriter":
        return FolderWriter(self._folder)

    def commit(self, committables: Sequence[Any]) -> None:
        for name in committables:
            pending = self._folder / f".{name}"
            if pending.exists():
                pending.rename(self._folder / name)
            else:
                assert (self._folder / name).exists(), f"{name} is gone"


class FolderWriter:
    def __init__(self, folder: Path) -> None:
        self._folder, self._values = folder, list[Any]()

    def write(self, values: Sequence[Any]) -> None:
        self._values += values

    def flush(self) -> None:
        pass

    def prepare_commit(self) -> list[Any]:
        name = uuid.uuid4().hex
        (self._folder / f".{name}").write_text("\n".join(map(repr, self._values)))
        self._values.clear()
        return [name]

    def close(self) -> None:
        pass


def committed(folder: Path) -> list[Any]:
    files = [p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")]
    return [eval(line) for p in files for line in p.read_text().splitlines()]


@pytest.fixture
def cluster(redis_server: RedisServer, prefix: str) -> Iterator[MakeCluster]:
    made: list[Cluster] = []

    def make(compiled: CompiledJob) -> Cluster:
        graph = msgspec.structs.replace(compiled.graph, job_id=uuid.uuid4().hex)
        placement = {v.id: tuple(f"a{n}" for n in range(v.parallelism)) for v in graph.vertices}
        made.append(Cluster(redis_server.url, prefix, CompiledJob(graph, compiled.blobs), placement))
        made[-1].checkpointing = True
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Of checkpoints and of output; the file that lets sources end."""
    for name in ("checkpoints", "out"):
        (tmp_path / name).mkdir()
    return tmp_path / "checkpoints", tmp_path / "out", tmp_path / "may-end"


def numbered(folders: tuple[Path, Path, Path]) -> CompiledJob:
    """Numbers, counted by their remainder; every update of a count is in the output."""
    checkpoints, out, may_end = folders
    job = JobBuilder(configuration={"execution.checkpointing.dir": str(checkpoints)})
    source = job.vertex(SourceSpec(SlowSource(range(RECORDS), may_end)), MapSpec(lambda v: (v % 7, 1)), parallelism=2)
    counts = job.vertex(ReduceSpec(lambda a, b: (a[0], a[1] + b[1])), SinkSpec(FolderSink(out)), parallelism=2)
    job.key_by(source, counts, lambda t: t[0])
    return job.build()


def expected() -> Counter[Any]:
    sizes = Counter(v % 7 for v in range(RECORDS))
    return Counter((key, n) for key, size in sizes.items() for n in range(1, size + 1))


def begin(job: Cluster) -> None:
    job.start("a0", "a1")
    job.deploy("a0", "a1")
    job.wait_for("RUNNING", 4)


def take(job: Cluster, checkpoint: int) -> RestoreRef:
    job.trigger(checkpoint, "a0", "a1")
    return job.complete(checkpoint, job.wait_for_acks(checkpoint, 4), "a0", "a1")


def _place(job: Cluster, prefix: str) -> None:
    """Into other slots."""
    job.placement = {v: tuple(prefix + a[1:] for a in slots) for v, slots in job.placement.items()}


def end(job: Cluster, may_end: Path, checkpoint: int, *slots: str) -> None:
    slots = slots or ("a0", "a1")
    may_end.touch()
    job.wait(InputExhausted, lambda found: len([e for e in found if e.attempt == job.attempt]) == 4)
    job.complete(checkpoint, _final(job, checkpoint, slots), *slots)
    job.wait_for("FINISHED", 4)
    job.release(*slots)
    for allocation in slots:
        job.output(allocation)
        assert job.processes[allocation].returncode == 0


def _final(job: Cluster, checkpoint: int, slots: tuple[str, ...]) -> Any:
    job.trigger(checkpoint, *slots)
    states = job.wait_for_acks(checkpoint, 4)
    assert all(s.ended for s in states.values())
    return states


def test_checkpoints_restarts_in_the_same_processes_and_the_end(
    cluster: MakeCluster, folders: tuple[Path, Path, Path]
) -> None:
    job = cluster(numbered(folders))
    begin(job)
    first = take(job, 1)
    assert first.path.startswith(str(folders[0]))
    # one that is aborted leaves nothing
    job.trigger(2, "a0", "a1")
    job.abort(2, "a0", "a1")
    third = take(job, 3)
    for ack in job.wait(CheckpointAcked, bool):
        assert ack.metrics.start_delay >= 0 and ack.state.size > 0
    for n, ref in enumerate((third, third, take(job, 4))):
        job.restart(ref, "a0", "a1")
        job.wait_for("RUNNING", 4)
        time.sleep(0.1 * n)
    end(job, folders[2], 9)
    assert Counter(committed(folders[1])) == expected()
    assert not any(p for p in folders[0].rglob("*") if p.is_file() and "chk-2/" in str(p))


def test_a_job_is_stopped_by_a_savepoint_and_goes_on_from_it(
    cluster: MakeCluster, folders: tuple[Path, Path, Path]
) -> None:
    job = cluster(numbered(folders))
    begin(job)
    job.trigger(1, "a0", "a1", savepoint=True, stop="suspend")
    ref = job.complete(1, job.wait_for_acks(1, 4), "a0", "a1")
    job.wait_for("FINISHED", 4)
    so_far = Counter(committed(folders[1]))
    assert so_far.total() < RECORDS and not so_far - expected()
    job.restart(ref, "a0", "a1")
    end(job, folders[2], 2)
    assert Counter(committed(folders[1])) == expected()


def test_a_damaged_checkpoint_is_named(cluster: MakeCluster, folders: tuple[Path, Path, Path]) -> None:
    job = cluster(numbered(folders))
    begin(job)
    ref = take(job, 1)
    Path(ref.path).write_bytes(b"\0" * 100)
    job.restart(ref, "a0", "a1")
    for failed in job.wait_for("FAILED", 4):
        assert failed.failure is not None and failed.failure.unusable_checkpoint == 1
        assert failed.failure.message.startswith(f"CheckpointUnusable: checkpoint 1: {ref.path}: ")
    job.release("a0", "a1")
    job.output("a0")
    job.output("a1")


def test_what_does_not_run_declines(cluster: MakeCluster, folders: tuple[Path, Path, Path]) -> None:
    job = cluster(numbered(folders))
    job.start("a0")
    job.trigger(1, "a0")
    (declined,) = job.wait(CheckpointDeclined, bool)
    assert "does not run: it is unknown here" in declined.failure.message
    job.release("a0")
    job.output("a0")


def test_a_folder_that_cannot_be_written_declines_and_the_job_goes_on(
    cluster: MakeCluster, folders: tuple[Path, Path, Path]
) -> None:
    folders[0].rmdir()
    folders[0].write_text("in the way")
    compiled = numbered(folders)
    # so that there is something to write
    compiled.graph.configuration["execution.checkpointing.data-inline-threshold"] = "0 b"
    job = cluster(compiled)
    begin(job)
    job.trigger(1, "a0", "a1")
    declined = job.wait(CheckpointDeclined, lambda found: len(found) == 4)
    assert all(str(folders[0]) in d.failure.message for d in declined)
    job.abort(1, "a0", "a1")
    folders[0].unlink()
    folders[0].mkdir()
    take(job, 2)
    end(job, folders[2], 3)
    assert Counter(committed(folders[1])) == expected()


@pytest.mark.parametrize("point", ["before-upload", "after-upload"])
def test_a_slot_that_dies_in_an_upload(
    cluster: MakeCluster, folders: tuple[Path, Path, Path], tmp_path: Path, monkeypatch: Any, point: str
) -> None:
    job = cluster(numbered(folders))
    hits = tmp_path / "hits"
    begin(job)
    ref = take(job, 1)
    for allocation in ("a0", "a1"):
        job.processes[allocation].send_signal(signal.SIGKILL)
        job.processes[allocation].communicate()
    monkeypatch.setenv(VARIABLE, f"{point}:{hits}")
    job.start("b0", "b1")
    monkeypatch.delenv(VARIABLE)
    _place(job, "b")
    job.restart(ref, "b0", "b1")
    job.wait_for("RUNNING", 4)
    job.trigger(2, "b0", "b1")
    deadline = time.monotonic() + 30
    while all(p.poll() is None for name, p in job.processes.items() if name.startswith("b")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert hits.read_text()
    for allocation in ("b0", "b1"):
        if job.processes[allocation].poll() is None:
            os.kill(job.processes[allocation].pid, signal.SIGKILL)
        job.processes[allocation].communicate()
    # as a JobMaster would: the checkpoint failed, its folder goes; others take over
    job.storage.discard(job.storage.checkpoint_directory(2))
    _place(job, "c")
    job.start("c0", "c1")
    job.restart(ref, "c0", "c1")
    job.wait_for("RUNNING", 4)
    end(job, folders[2], 3, "c0", "c1")
    assert Counter(committed(folders[1])) == expected()
