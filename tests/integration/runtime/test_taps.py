"""Wire taps on real slot processes: over Redis, in memory, within a chain; and that they change nothing."""

import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penstock.coordination.tap_rows import TapLease, TapView
from penstock.coordination.taps import LEASE_MS
from penstock.graph.compiled import CompiledJob
from penstock.operators.specs import FlatMapSpec, MapSpec, PrintSpec, ReaderContext, ReduceSpec, SourceSpec
from tests.conftest import RedisServer
from tests.integration.runtime import test_slot_checkpoints as checkpoints
from tests.integration.runtime.slots import Cluster
from tests.job_builder import JobBuilder, ListReader, ListSource

pytestmark = pytest.mark.integration

MakeCluster = Callable[[CompiledJob, dict[str, tuple[str, ...]]], Cluster]


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


class Ticker(ListReader):
    """A few records each time it is asked, without end."""

    def __init__(self, subtask: int) -> None:
        super().__init__()
        self._subtask, self._n = subtask, 0

    def poll(self, max_records: int) -> list[Any] | None:
        time.sleep(0.001)
        self._n += 1
        return [(f"key{self._n % 5}", self._subtask, self._n)]


class Ticks(ListSource):
    bounded = False

    def create_reader(self, context: ReaderContext) -> ListReader:
        return Ticker(context.subtask)


def looked_at(job: Cluster, lease: TapLease, until: Callable[[TapView], bool], timeout: float = 60) -> TapView:
    deadline = time.monotonic() + timeout
    while True:
        seen = job.coordination.taps.view(job.job, lease)
        assert seen is not None
        if until(seen):
            return seen
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)


def subtasks(seen: TapView) -> set[int]:
    return {batch.subtask for _, batch in seen.batches}


def endless(cluster: MakeCluster) -> tuple[Cluster, str, str, str]:
    """Source -> Map, by key to Reduce over two slots, in memory to Map -> Print."""
    builder = JobBuilder()
    source = builder.vertex(SourceSpec(Ticks([])), MapSpec(lambda t: (t[0], t[2])), parallelism=2)
    counts = builder.vertex(ReduceSpec(lambda a, b: (a[0], max(a[1], b[1]))), parallelism=2)
    last = builder.vertex(MapSpec(lambda t: {"k": t[0]}), MapSpec(lambda d: None), parallelism=2)
    builder.key_by(source, counts, lambda t: t[0])
    builder.edge(counts, last)
    compiled = builder.build()
    job = cluster(compiled, {v.id: ("a0", "a1") for v in compiled.graph.vertices})
    job.start("a0", "a1")
    job.deploy("a0", "a1")
    job.wait_for("RUNNING", 6)
    return job, source, counts, last


def ended(job: Cluster) -> None:
    job.cancel("a0")
    job.cancel("a1")
    job.wait_for("CANCELED", 6)
    job.release("a0", "a1")
    for allocation in ("a0", "a1"):
        job.output(allocation)
        assert job.processes[allocation].returncode == 0


def test_records_are_seen_over_redis_in_memory_and_within_a_chain(cluster: MakeCluster) -> None:
    job, source, counts, last = endless(cluster)

    over_redis = looked_at(job, TapLease(counts, "edge-0"), lambda seen: subtasks(seen) == {0, 1})
    records = [(b.subtask, r) for _, b in over_redis.batches for r in b.records]
    assert {r.producer for _, r in records} == {0, 1}, "records of both producers"
    assert all(r.text.startswith("('key") and r.key == f"'{r.text[2:6]}'" and r.type == "tuple" for _, r in records)
    of_key = {(r.key, s) for s, r in records}
    assert len(of_key) == len({key for key, _ in of_key}), "a key is one subtask's"

    in_memory = looked_at(job, TapLease(last, "edge-1"), lambda seen: subtasks(seen) == {0, 1})
    assert all(r.producer == b.subtask for _, b in in_memory.batches for r in b.records)

    in_chain = looked_at(job, TapLease(last, "op-0"), lambda seen: subtasks(seen) == {0, 1})
    assert {r.text for _, b in in_chain.batches for r in b.records} <= {f"{{'k': 'key{n}'}}" for n in range(5)}

    at_source = looked_at(job, TapLease(source, "op-0"), lambda seen: subtasks(seen) == {0, 1})
    assert all(r.text.endswith(")") and f", {b.subtask}, " in r.text for _, b in at_source.batches for r in b.records)
    assert {s.subtask for s in at_source.subtasks} == {0, 1}
    ended(job)


def test_one_subtask_alone_can_be_looked_at(cluster: MakeCluster) -> None:
    job, _, counts, _ = endless(cluster)
    seen = looked_at(job, TapLease(counts, "edge-0", 1), lambda seen: len(seen.batches) > 5)
    assert subtasks(seen) == {1}
    assert {s.subtask for s in seen.subtasks} == {1}
    ended(job)


def test_sampling_ends_after_the_last_viewer(cluster: MakeCluster) -> None:
    job, source, _, _ = endless(cluster)
    lease = TapLease(source, "op-0")
    stream = job.keys.tapped(job.job, source, "op-0")
    looked_at(job, lease, lambda seen: bool(seen.batches))
    left = time.monotonic()
    last, quiet_since = job.coordination.events.last_id(stream), time.monotonic()
    while time.monotonic() < quiet_since + 2.5:
        assert time.monotonic() < left + 60, "it goes on"
        time.sleep(0.1)
        if (now := job.coordination.events.last_id(stream)) != last:
            last, quiet_since = now, time.monotonic()
    # by Redis' clock: the last record came when the lease ended, or a moment later
    assert 1.0 < quiet_since - left < LEASE_MS / 1000 + 10
    # and a viewer who comes again is served again
    cursor = last
    seen = job.coordination.taps.view(job.job, lease, cursor)
    deadline = time.monotonic() + 60
    while seen is not None and not seen.batches:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        seen = job.coordination.taps.view(job.job, lease, cursor)
    ended(job)


def test_a_new_attempt_in_a_new_process_is_sampled(cluster: MakeCluster) -> None:
    """A slot that comes while somebody looks hears of it from the wake stream's beginning."""
    builder = JobBuilder()
    source = builder.vertex(SourceSpec(Ticks([])), MapSpec(lambda t: t))
    compiled = builder.build()
    job = cluster(compiled, {source: ("a0",)})
    lease = TapLease(source, "op-0")
    assert job.coordination.taps.view(job.job, lease) is not None
    job.start("a0")
    job.deploy("a0")
    looked_at(job, lease, lambda seen: bool(seen.batches))
    job.processes["a0"].send_signal(signal.SIGKILL)
    job.processes["a0"].communicate()
    job.attempt = 1
    job.start("a0")
    job.deploy("a0")
    seen = looked_at(job, lease, lambda seen: any(b.attempt == 1 for _, b in seen.batches))
    assert [s.attempt for s in seen.subtasks] == [1]
    job.cancel("a0")
    job.release("a0")
    job.output("a0")


@contextmanager
def viewers(job: Cluster, leases: list[TapLease]) -> Iterator[Counter[str]]:
    """Two who look at all of these, all the time: batches by point."""
    over, seen = threading.Event(), Counter[str]()

    def look() -> None:
        while not over.wait(0.05):
            for lease in leases:
                view = job.coordination.taps.view(job.job, lease)
                seen[lease.point] += len(view.batches) if view else 0

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


class Nasty:
    """A word that does not like to be looked at."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __repr__(self) -> str:
        match hash(self.word) % 4:
            case 0:
                raise ValueError("no")
            case 1:
                raise SystemExit(3)
            case 2:
                return "x" * 1_000_000
        while True:
            time.sleep(0.001)


TEXT = ["to be or not to be", "that is the question", "whether tis nobler in the mind to suffer"] * 60


class SlowReader(ListReader):
    """So that the job outlasts a few samplings."""

    def poll(self, max_records: int) -> list[Any] | None:
        time.sleep(0.02)
        return super().poll(1)


class Slow(ListSource):
    def create_reader(self, context: ReaderContext) -> ListReader:
        return SlowReader()


def test_a_tap_changes_no_result_whatever_the_records_do(cluster: MakeCluster) -> None:
    job_builder = JobBuilder()
    tokens = job_builder.vertex(
        SourceSpec(Slow(TEXT)),
        FlatMapSpec(str.split),
        MapSpec(lambda w: (Nasty(w), 1)),
        MapSpec(lambda t: (t[0].word, t)),
        parallelism=2,
    )
    counts = job_builder.vertex(
        ReduceSpec(lambda a, b: (a[0], (b[1][0], a[1][1] + b[1][1]))),
        MapSpec(lambda t: (t[0], t[1][1])),
        PrintSpec(),
        parallelism=2,
    )
    job_builder.key_by(tokens, counts, lambda t: t[0])
    compiled = job_builder.build()
    job = cluster(compiled, {v.id: ("a0", "a1") for v in compiled.graph.vertices})
    leases = [TapLease(counts, "edge-0"), TapLease(counts, "op-0"), *(TapLease(tokens, f"op-{n}") for n in range(3))]
    with viewers(job, leases) as seen:
        job.start("a0", "a1")
        job.deploy("a0", "a1")
        job.wait_for("FINISHED", 4, timeout=90)
    job.release("a0", "a1")
    largest: dict[str, int] = {}
    for line in job.output("a0") + job.output("a1"):
        word, n = eval(line.partition("> ")[2])
        assert n == largest.get(word, 0) + 1, "an update was lost, doubled or overtaken"
        largest[word] = n
    assert largest == Counter(word for line in TEXT for word in line.split())
    assert seen, "somebody looked"


folders = checkpoints.folders


def test_exactly_once_holds_over_restarts_while_somebody_looks(
    cluster: MakeCluster, folders: tuple[Path, Path, Path]
) -> None:
    """The test of checkpoints, restarts and the end, with viewers of every edge."""
    seen: list[Counter[str]] = []
    with ExitStack() as stack:

        def make(compiled: CompiledJob) -> Cluster:
            job = cluster(compiled, {v.id: ("a0", "a1") for v in compiled.graph.vertices})
            job.checkpointing = True
            source, counts = (v.id for v in compiled.graph.vertices)
            leases = [TapLease(source, "op-0"), TapLease(counts, "edge-0"), TapLease(counts, "op-0")]
            seen.append(stack.enter_context(viewers(job, leases)))
            return job

        checkpoints.test_checkpoints_restarts_in_the_same_processes_and_the_end(make, folders)
    assert all(seen[0][point] for point in ("op-0", "edge-0"))
