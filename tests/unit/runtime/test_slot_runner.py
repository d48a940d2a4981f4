"""The mailbox loop: turns, back-pressure, sleeping, commands, the exchange's errors."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from penstock.exchange.errors import ExchangeLost, Fenced
from penstock.exchange.local_exchange import LocalExchange
from penstock.exchange.options import ExchangeOptions
from penstock.graph.compiled import CompiledJob
from penstock.graph.states import ExecutionState
from penstock.operators.specs import CollectSpec, MapSpec, ReaderContext, SourceSpec
from penstock.runtime.local_collector import LocalCollector
from penstock.runtime.slot_runner import SlotRunner
from penstock.runtime.task import Task
from penstock.runtime.task_factory import TaskFactory
from tests.job_builder import JobBuilder, source_of

#: a job's tasks, its collectors, its loop
Running = tuple[SlotRunner, dict[str, Task], dict[str, LocalCollector]]


def state_of(task: Task) -> ExecutionState:
    """As of now: mypy takes an attribute it has seen once for constant."""
    return task.state


def start(compiled: CompiledJob, exchange: Any = None, seen: list[Any] | None = None) -> Running:
    graph = compiled.graph
    local = LocalExchange(graph, ExchangeOptions(local_records=100))
    collectors: dict[str, LocalCollector] = {}
    factory = TaskFactory(
        graph,
        compiled.blobs.__getitem__,
        lambda _, make: make(),
        lambda c, _: collectors.setdefault(c, LocalCollector()),
    )
    log = [] if seen is None else seen
    runner = SlotRunner(exchange or local, lambda task: log.append((task.info.task_name, task.state.value)))
    tasks = {}
    for vertex in graph.vertices:
        task = factory.make(vertex.id, 0, 0, local.input_gate(vertex.id, 0), local.writers(vertex.id, 0, 0))
        tasks[vertex.name] = task
        runner.add(task)
    return runner, tasks, collectors


def two_pipelines() -> CompiledJob:
    """Two sources, each into a collector of its own behind an edge."""
    job = JobBuilder()
    for name in ("left", "right"):
        source = job.vertex(source_of(range(1000)), *([] if name == "left" else [MapSpec(str)]))
        job.edge(source, job.vertex(*([] if name == "left" else [MapSpec(str)]), CollectSpec(name)))
    return job.build()


def test_a_blocked_writer_stops_its_task_and_no_other() -> None:
    runner, tasks, collectors = start(two_pipelines())
    try:
        collectors["left"].bound = 10
        for _ in range(200):
            runner.run_once(0)
        assert state_of(tasks["Collect"]) is ExecutionState.RUNNING
        assert 10 <= len(collectors["left"].records) < 1000
        # the source behind it is stopped as well, by the channel between them
        left = tasks["Source"].metrics()
        assert state_of(tasks["Source"]) is ExecutionState.RUNNING and left.records_out < 1000
        assert state_of(tasks["Map -> Collect"]) is ExecutionState.FINISHED
        assert list(collectors["right"].records) == [str(n) for n in range(1000)]
        taken: list[Any] = []
        while state_of(tasks["Collect"]) is not ExecutionState.FINISHED:
            while collectors["left"].records:
                taken.append(collectors["left"].records.popleft())
            runner.run_once(0)
        taken += collectors["left"].records
        assert taken == list(range(1000))
    finally:
        runner.close()


def test_states_are_reported_once_and_in_order() -> None:
    job = JobBuilder()
    job.vertex(source_of([1]), CollectSpec("c"))
    seen: list[Any] = []
    runner, tasks, _ = start(job.build(), seen=seen)
    task = tasks["Source -> Collect"]
    runner.run(lambda: task.state.is_terminal)
    runner.close()
    assert seen == [("Source -> Collect", "RUNNING"), ("Source -> Collect", "FINISHED")]
    metrics = task.metrics()
    assert metrics.final and metrics.records_in == 0 and metrics.watermark == (1 << 63) - 1


class Waiting:
    """A source that has nothing and never ends."""

    bounded = False

    def enumerate_splits(self, parallelism: int) -> list[Any]:
        return []

    def create_reader(self, context: ReaderContext) -> "Waiting":
        return self

    def add_splits(self, splits: Sequence[Any]) -> None:
        pass

    def poll(self, max_records: int) -> list[Any]:
        return []

    def snapshot(self) -> list[Any]:
        return []

    def close(self) -> None:
        pass


class Silent:
    """An exchange with a socket that the test speaks through."""

    def __init__(self) -> None:
        self.here, self.there = socket.socketpair()
        self.heard: list[bytes] = []
        self.flushed: list[bool] = []
        self.deadline: float | None = None
        self.error: Exception | None = None

    def sockets(self) -> list[socket.socket]:
        return [self.here]

    def on_readable(self, source: Any) -> None:
        assert source is self.here
        self.heard.append(self.here.recv(100))
        if self.error is not None:
            raise self.error

    def flush(self, idle: bool) -> None:
        self.flushed.append(idle)

    def next_deadline(self) -> float | None:
        return self.deadline

    def close(self) -> None:
        self.here.close()
        self.there.close()


@pytest.fixture
def silent() -> Any:
    exchange = Silent()
    yield exchange
    exchange.close()


def waiting_job() -> CompiledJob:
    """A consumer of a source that never says anything; only the consumer is run."""
    job = JobBuilder()
    source = job.vertex(SourceSpec(Waiting()))
    job.edge(source, job.vertex(MapSpec(str), CollectSpec("c")))
    return job.build()


def consumer_of(silent: Silent, compiled: CompiledJob) -> tuple[SlotRunner, Task]:
    graph, local = compiled.graph, LocalExchange(compiled.graph)
    factory = TaskFactory(graph, compiled.blobs.__getitem__, lambda _, make: make(), lambda *_: LocalCollector())
    runner, vertex = SlotRunner(silent), graph.vertices[1].id
    task = factory.make(vertex, 0, 3, local.input_gate(vertex, 0), {})
    runner.add(task)
    return runner, task


def asleep(runner: SlotRunner, wake: Callable[[], None]) -> None:
    """One round that has to sleep until `wake`."""
    timer = threading.Timer(0.05, wake)
    timer.start()
    runner.run_once()
    timer.join()


def test_the_loop_sleeps_until_a_socket_a_deadline_or_a_command(silent: Silent) -> None:
    runner, task = consumer_of(silent, waiting_job())
    try:
        asleep(runner, lambda: silent.there.sendall(b"x"))
        assert silent.heard == [b"x"] and silent.flushed == [True]
        silent.deadline = time.monotonic() + 0.02
        runner.run_once()
        assert time.monotonic() >= silent.deadline
        silent.deadline = None
        did: list[int] = []
        asleep(runner, lambda: runner.submit(lambda: did.append(threading.get_ident())))
        assert runner.run_once()
        assert did == [threading.get_ident()]
        assert state_of(task) is ExecutionState.RUNNING
    finally:
        runner.close()


def test_an_idle_loop_does_not_spin(silent: Silent) -> None:
    runner, _ = consumer_of(silent, waiting_job())
    try:
        rounds = 0
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            runner.run_once(end - time.monotonic())
            rounds += 1
        assert rounds < 5
    finally:
        runner.close()


def test_a_lost_exchange_fails_its_tasks(silent: Silent) -> None:
    runner, task = consumer_of(silent, waiting_job())
    try:
        silent.error = ExchangeLost("the log is gone")
        silent.there.sendall(b"x")
        runner.run_once()
        assert state_of(task) is ExecutionState.FAILED
        assert task.failure is not None and "ExchangeLost: the log is gone" in task.failure.message
    finally:
        runner.close()


def test_a_fenced_attempt_stops_alone(silent: Silent) -> None:
    runner, task = consumer_of(silent, waiting_job())
    try:
        silent.there.sendall(b"x")
        silent.error = Fenced("another", 0, 0, (1, 1))
        runner.run_once()
        assert state_of(task) is ExecutionState.RUNNING
        silent.there.sendall(b"x")
        silent.error = Fenced(task.vertex, 0, 3, (1, 4))
        runner.run_once()
        assert state_of(task) is ExecutionState.CANCELED
    finally:
        runner.close()


def test_after_the_end_commands_are_dropped() -> None:
    runner = SlotRunner()
    runner.close()
    runner.submit(lambda: None)
