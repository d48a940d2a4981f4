"""Single tasks of slot processes restart while the others go on: killed slots, functions that raise, full logs."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penstock.coordination.messages import (
    InputExhausted,
    RestoreRef,
    RetentionFull,
    RetentionHalf,
    RetentionOff,
    TaskStateChanged,
)
from penstock.graph.compiled import CompiledJob
from penstock.operators.specs import MapSpec, ReduceSpec, SinkSpec, SourceSpec
from tests.conftest import RedisServer
from tests.integration.runtime.slots import Cluster
from tests.integration.runtime.test_slot_checkpoints import RECORDS, FolderSink, SlowSource, committed, expected
from tests.job_builder import JobBuilder

pytestmark = pytest.mark.integration

ALL = ("a0", "a1", "b0", "b1")


class Job:
    """Sources and counts in slots of their own, two each: a0, a1; b0, b1."""

    def __init__(self, url: str, prefix: str, folder: Path, count: Any = None) -> None:
        self.out, self.may_end = folder / "out", folder / "may-end"
        for name in ("checkpoints", "out"):
            (folder / name).mkdir()
        job = JobBuilder(configuration={"execution.checkpointing.dir": str(folder / "checkpoints")})
        source = job.vertex(
            SourceSpec(SlowSource(range(RECORDS), self.may_end, 1, 0.002)),
            MapSpec(lambda v: (v % 7, 1, v)),
            parallelism=2,
        )
        counts = job.vertex(MapSpec(count or (lambda v: v)), parallelism=2)
        sums = job.vertex(
            ReduceSpec(lambda a, b: (a[0], a[1] + b[1], b[2])),
            MapSpec(lambda t: t[:2]),
            SinkSpec(FolderSink(self.out)),
            parallelism=2,
        )
        job.edge(source, counts, "REBALANCE")
        job.key_by(counts, sums, lambda t: t[0])
        compiled = job.build()
        vertices = tuple(
            msgspec.structs.replace(v, slot_sharing_group="sources" if v.id == source else "rest")
            for v in compiled.graph.vertices
        )
        compiled = CompiledJob(msgspec.structs.replace(compiled.graph, vertices=vertices), compiled.blobs)
        placement: dict[str, tuple[str, ...]] = {source: ("a0", "a1"), counts: ("b0", "b1"), sums: ("b0", "b1")}
        self.source, self.counts, self.sums = source, counts, sums
        self.slots = Cluster(url, prefix, compiled, placement)
        self.slots.checkpointing = True
        self.slots.retained = (counts, sums)

    def begin(self) -> None:
        self.slots.start(*ALL)
        self.slots.deploy(*ALL)
        self.slots.wait_for("RUNNING", 6)

    def live(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(a for slots in self.slots.placement.values() for a in slots))

    def take(self, checkpoint: int) -> RestoreRef:
        slots = self.slots
        slots.trigger(checkpoint, *{*slots.placement[self.source]})
        states = slots.wait_for_acks(checkpoint, 6)
        sent, taken = dict[str, int](), dict[str, int]()
        for ack in slots.acks(checkpoint):
            sent |= ack.sent or {}
            taken |= ack.taken or {}
        assert sent and sent == taken
        return slots.complete(checkpoint, states, *self.live())

    def kill(self, allocation: str) -> None:
        self.slots.processes[allocation].send_signal(signal.SIGKILL)
        self.slots.processes[allocation].wait()

    def end(self, checkpoint: int) -> None:
        slots = self.slots
        self.may_end.touch()
        slots.wait(InputExhausted, lambda found: len({(e.vertex, e.subtask) for e in found}) == 6)
        slots.trigger(checkpoint, *{*slots.placement[self.source]})
        slots.complete(checkpoint, slots.wait_for_acks(checkpoint, 6), *self.live())
        slots.wait_for("FINISHED", 6)
        slots.release(*self.live())
        for allocation in self.live():
            slots.output(allocation)
        assert Counter(committed(self.out)) == expected()

    def states_of(self, allocation: str) -> list[str]:
        return [e.state for e in self.slots.heard if isinstance(e, TaskStateChanged) and e.allocation == allocation]


@pytest.fixture
def make_job(redis_server: RedisServer, prefix: str, tmp_path: Path) -> Iterator[Any]:
    made: list[Job] = []

    def make(count: Any = None) -> Job:
        made.append(Job(redis_server.url, prefix, tmp_path, count))
        return made[-1]

    yield make
    for job in made:
        job.slots.close()


def test_slots_are_killed_one_after_another_and_the_others_never_stop(make_job: Any) -> None:
    job = make_job()
    job.begin()
    first = job.take(1)
    time.sleep(0.3)
    job.kill("b1")
    job.slots.start("c1")
    job.slots.replace(first, 1, "c1", (job.counts, 1), (job.sums, 1))
    job.slots.wait_for("RUNNING", 6)
    time.sleep(0.2)
    job.kill("a0")
    job.slots.start("c0")
    job.slots.replace(first, 1, "c0", (job.source, 0))
    job.slots.wait_for("RUNNING", 6)
    second = job.take(2)
    job.kill("c1")
    job.kill("a1")
    job.slots.start("d1", "e1")
    job.slots.replace(second, 2, "d1", (job.source, 1))
    job.slots.replace(second, 2, "e1", (job.counts, 1), (job.sums, 1))
    job.slots.wait_for("RUNNING", 6)
    job.end(3)
    assert set(job.states_of("b0")) == {"RUNNING", "FINISHED"}, "it had nothing to do with all that"


def test_a_restart_before_any_checkpoint_begins_at_the_beginning(make_job: Any) -> None:
    job = make_job()
    job.begin()
    time.sleep(0.3)
    job.kill("a1")
    job.kill("b0")
    job.slots.start("c1", "c0")
    job.slots.replace(None, 0, "c1", (job.source, 1))
    job.slots.replace(None, 0, "c0", (job.counts, 0), (job.sums, 0))
    job.slots.wait_for("RUNNING", 6)
    job.end(1)


def test_a_paused_slot_that_comes_back_changes_nothing(make_job: Any) -> None:
    job = make_job()
    job.begin()
    first = job.take(1)
    paused = [job.slots.processes[a] for a in ("a0", "b0")]
    for process in paused:
        process.send_signal(signal.SIGSTOP)
    job.slots.start("c0", "d0")
    job.slots.replace(first, 1, "c0", (job.source, 0))
    job.slots.replace(first, 1, "d0", (job.counts, 0), (job.sums, 0))
    job.slots.wait_for("RUNNING", 6)
    time.sleep(0.3)
    for process in paused:
        os.kill(process.pid, signal.SIGCONT)
    job.take(2)
    job.end(3)


class Raising:
    """Raises once at each of these values."""

    def __init__(self, folder: Path, *values: int) -> None:
        self._folder, self._values = folder, values

    def __call__(self, element: Any) -> Any:
        if element[2] in self._values:
            try:
                (self._folder / f"raised-{element[2]}").touch(exist_ok=False)
            except FileExistsError:
                return element
            raise ValueError("now")
        return element


def test_a_function_that_raises_restarts_in_the_slot_that_it_was_in(make_job: Any, tmp_path: Path) -> None:
    job = make_job(Raising(tmp_path, 700, 1300, 1999))
    job.begin()
    ref = None
    for n in range(3):
        (failed,) = job.slots.wait_for("FAILED", 1)
        assert failed.vertex == job.counts and failed.failure is not None and not failed.failure.exchange
        job.slots.replace(ref, n, f"b{failed.subtask}", (failed.vertex, failed.subtask))
        job.slots.wait_for("RUNNING", 6)
        ref = job.take(1 + n)
    job.end(9)


def test_a_full_log_holds_its_producers_until_a_checkpoint_or_until_nothing_is_kept(make_job: Any) -> None:
    job = make_job()
    job.slots.retained_bytes = 2_000
    job.begin()
    job.slots.wait(RetentionHalf, bool)
    full = job.slots.wait(RetentionFull, bool)
    assert all(f.bytes >= 2_000 for f in full)
    ref = job.take(1)
    job.kill("b1")
    job.slots.start("c1")
    job.slots.replace(ref, 1, "c1", (job.counts, 1), (job.sums, 1))
    job.slots.wait_for("RUNNING", 6)
    before = len(job.slots.wait(RetentionFull, lambda found: len(found) > len(full)))
    for allocation in job.live():
        job.slots.tell(allocation, RetentionOff(epoch=1, vertices=(job.counts, job.sums), checkpoint=2))
    job.may_end.touch()
    job.slots.wait(InputExhausted, lambda found: len({(e.vertex, e.subtask) for e in found}) == 6)
    assert len(job.slots.wait(RetentionFull, bool)) == before, "nobody waits for a checkpoint any more"
    job.end(2)


def test_a_log_that_was_trimmed_too_far_says_so(make_job: Any) -> None:
    job = make_job()
    job.begin()
    first = job.take(1)
    for allocation in job.live():
        job.slots.tell(allocation, RetentionOff(epoch=1, vertices=(job.counts, job.sums), checkpoint=2))
    time.sleep(0.5)
    job.kill("b1")
    job.slots.start("c1")
    job.slots.replace(first, 1, "c1", (job.counts, 1), (job.sums, 1))
    for failed in job.slots.wait_for("FAILED", 2):
        assert failed.failure is not None and failed.failure.exchange == "trimmed"
        assert "trimmed up to" in failed.failure.message


def test_a_function_that_is_not_deterministic_is_found_out(make_job: Any) -> None:
    job = make_job(lambda t: (*t[:2], random.random()))
    job.begin()
    first = job.take(1)
    time.sleep(0.5)
    job.kill("b1")
    job.slots.start("c1")
    job.slots.replace(first, 1, "c1", (job.counts, 1), (job.sums, 1))
    failed = job.slots.wait_for("FAILED", 1)[0]
    assert failed.failure is not None and failed.failure.exchange == "fork"
    assert "is not what it was before the task restarted" in failed.failure.message
