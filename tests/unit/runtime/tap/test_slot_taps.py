"""A slot's taps over the twin: who is sampled, when it ends, and what a Redis that is away does to it."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.tap_rows import TapLease, TapView
from penstock.coordination.taps import LEASE_MS
from penstock.exchange.elements import RecordBatch
from penstock.graph.wiring import channel_id
from penstock.operators.specs import MapSpec
from penstock.runtime.tap import slot_taps
from penstock.runtime.tap.settings import TapSettings
from penstock.runtime.tap.slot_taps import SlotTaps
from penstock.runtime.tap.task_taps import TaskTaps
from tests.job_builder import JobBuilder, source_of
from tests.unit.operators.chains import Built

# by a signal it would use the very timer that the limit of a repr uses
pytestmark = pytest.mark.timeout(60, method="thread")

JOB = "j"


class Input:
    on_batch: Any = None


class Info:
    subtask, attempt, parallelism = 1, 2, 4


class StubTask:
    """A task as taps see it: its chain and its input."""

    def __init__(self, vertex: str) -> None:
        self.vertex, self.info = vertex, Info()
        self.built, self.input = Built([MapSpec(lambda v: v + 1), MapSpec(lambda v: -v)]), Input()
        self.runs = True

    @property
    def tappable(self) -> Any:
        return (self.built.chain, self.input) if self.runs else None

    def process(self, *values: int) -> None:
        batch = RecordBatch(list(values), None, [v % 2 for v in values])
        if self.input.on_batch is not None:
            self.input.on_batch(0, batch, channel_id(0, 3))
        self.built.chain.process(RecordBatch(list(values)))


class World:
    """One slot with one task, whose loop is the test."""

    def __init__(self) -> None:
        builder = JobBuilder()
        source = builder.vertex(source_of([]), parallelism=4)
        vertex = builder.vertex(MapSpec(abs), MapSpec(abs), parallelism=4)
        builder.edge(source, vertex)
        self.graph = builder.build().graph
        self.now = 1_000_000
        self.coordination = MemoryCoordination(now_ms=lambda: self.now)
        self.task: Any = StubTask(vertex)
        self.vertex = vertex
        self.lock = threading.Lock()
        self.taps = SlotTaps(self.coordination, JOB, TapSettings(), self._submit, lambda: [self.task])
        self.taps.deployed(self.graph)

    def _submit(self, action: Callable[[], None]) -> None:
        with self.lock:
            action()

    def process(self, *values: int) -> None:
        with self.lock:
            self.task.process(*values)

    def view(self, point: str, subtask: int | None = None) -> TapView:
        found = self.coordination.taps.view(JOB, TapLease(self.vertex, point, subtask))
        assert found is not None
        return found

    def until(self, met: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 30
        while not (found := met()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return found

    def is_on(self) -> bool:
        return self.task.input.on_batch is not None or bool(self.task.built.chain._taps)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(slot_taps, "PERIOD", 0.01)
    made = World()
    yield made
    made.taps.close()
    assert "slot-taps" not in [t.name for t in threading.enumerate()]


def texts(seen: TapView) -> list[str]:
    return [r.text for _, b in seen.batches for r in b.records]


def test_nobody_looks_and_nothing_is_done(world: World) -> None:
    world.taps.wake()
    world.until(lambda: world.taps._thread is None)
    world.process(1, 2)
    assert not world.is_on()


def test_what_is_wanted_is_sampled_and_no_more(world: World) -> None:
    world.view("op-0")
    world.taps.wake()
    world.until(lambda: world.task.built.chain._taps)
    world.process(1, 2)
    world.until(lambda: texts(world.view("op-0")) == ["2", "3"])
    assert world.task.input.on_batch is None
    seen = world.view("op-0")
    assert [(s.subtask, s.attempt, s.sampled) for s in seen.subtasks] == [(1, 2, 2)]
    world.view("edge-0")
    world.until(lambda: world.task.input.on_batch)
    world.process(5)
    (_, batch), *_ = world.until(lambda: world.view("edge-0").batches)
    assert [(r.text, r.key, r.producer) for r in batch.records] == [("5", "1", 3)]


def test_another_subtask_or_a_point_that_is_none_is_left_alone(world: World) -> None:
    world.view("op-0", 0)
    world.view("op-7")
    world.taps.wake()
    time.sleep(0.2)
    assert not world.is_on()
    world.view("op-0", 1)
    world.until(world.is_on)


def test_it_ends_with_the_lease_and_begins_again(world: World) -> None:
    for _ in range(2):
        world.view("op-0")
        world.taps.wake()
        world.until(world.is_on)
        world.now += LEASE_MS
        world.until(lambda: not world.is_on() and world.taps._thread is None)
        world.process(1)


def test_an_ended_task_is_let_go(world: World) -> None:
    world.view("op-0")
    world.taps.wake()
    world.until(world.is_on)
    world.process(7)
    world.task.runs = False
    world.until(lambda: not world.taps._taps)
    world.until(lambda: texts(world.view("op-0")) == ["8"])


def test_redis_away_neither_ends_it_early_nor_keeps_it_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_taps, "_HEARTBEAT", 0.01)
    world.view("op-0")
    world.taps.wake()
    world.until(world.is_on)
    world.coordination.space.away = True
    time.sleep(0.2)
    assert world.is_on(), "the lease is not over"
    world.process(1)
    with world.taps._lock:
        world.taps._ends = 0.0  # by this machine's clock it is over now
    world.until(lambda: not world.is_on())
    world.coordination.space.away = False
    world.until(lambda: world.taps._thread is None)
    world.view("op-0")
    world.taps.wake()
    world.until(world.is_on)


def test_a_busy_edge_closes_until_there_is_allowance_again(world: World) -> None:
    chain = world.task.built.chain
    taps = TaskTaps(world.task, chain, world.task.input, world.graph, 100)
    taps.want({"op-0": 50.0, "edge-0": 50.0})
    taps.open()
    assert chain._taps and world.task.input.on_batch is not None
    world.task.process(*range(1000))
    assert not chain._taps and world.task.input.on_batch is None, "the plain loops again"
    inside, edge = sorted(taps.reports(), key=lambda r: r.point, reverse=True)
    assert [r.text for r in edge.records] == [str(n) for n in range(990, 1000)], "the last of the batch"
    assert [r.text for r in inside.records] == [str(n) for n in range(1, 11)], "the first that pass"
    taps.want({})
    taps.open()
    assert taps.reports() == []
