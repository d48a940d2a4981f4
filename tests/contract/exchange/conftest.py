"""A job of two slots on real Redis: slot A produces, slot B consumes, both driven by the test's own thread."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import Deploy, ExchangeRef, TaskAttempt
from penstock.exchange import BatchEvent, ExchangeOptions, GateEvent, InputGate, OutputWriter
from penstock.exchange.log_admin import create_logs, delete_logs
from penstock.exchange.slot_exchange import SlotExchange
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex
from penstock.security.keyring import UNSIGNED, Keyring

JOB = "a" * 32


def job_graph(producers: int = 1, consumers: int = 1) -> JobGraph:
    """One HASH edge, source `p` -> `c`."""
    p, c = (
        JobVertex(id=v, name=v, operators=(), parallelism=n, max_parallelism=128)
        for v, n in (("p", producers), ("c", consumers))
    )
    edge = JobEdge(source="p", source_operator=0, target="c", strategy="HASH", buffer_timeout_ms=20)
    return JobGraph(job_id=JOB, name="job", vertices=(p, c), edges=(edge,))


@dataclass
class Rig:
    """`a` and `b`: the two slots. What the consumers got: `got[subtask]`, in order; other events: `events`."""

    clients: dict[str, "redis.Redis"]
    keys: Keys
    graph: JobGraph
    options: ExchangeOptions
    refs: tuple[ExchangeRef, ...]
    checkpointing: bool = False
    keyring: Keyring = UNSIGNED

    def __post_init__(self) -> None:
        self.client = next(iter(self.clients.values()))
        self.slots: list[SlotExchange] = []
        self.idle = True
        self.a, self.b = self.slot("A"), self.slot("B")
        self.writers = [self.writer(self.a, i) for i in range(self.graph.vertex("p").parallelism)]
        self.gates = [self.b.input_gate("c", i) for i in range(self.graph.vertex("c").parallelism)]
        self.got: list[list[Any]] = [[] for _ in self.gates]
        self.events: list[list[GateEvent]] = [[] for _ in self.gates]

    def slot(self, allocation: str, epoch: int = 1, **changes: Any) -> SlotExchange:
        attempts = [
            TaskAttempt(vertex=v.id, subtask=i, attempt=0) for v in self.graph.vertices for i in range(v.parallelism)
        ]
        placement = {v.id: ("A" if v.id == "p" else "B",) * v.parallelism for v in self.graph.vertices}
        deploy = Deploy(
            graph="",
            generation=0,
            tasks=tuple(attempts),
            placement=changes.pop("placement", placement),
            exchange=self.refs,
            checkpointing=self.checkpointing,
        )
        exchange = SlotExchange(
            self.graph, deploy, allocation, self.keys, epoch, replace(self.options, **changes), self.keyring
        )
        self.slots.append(exchange)
        return exchange

    def writer(self, slot: SlotExchange, subtask: int = 0, attempt: int = 0) -> OutputWriter:
        return slot.writers("p", subtask, attempt)[0]

    def turn(self, *slots: SlotExchange, idle: bool | None = None) -> None:
        """One round of a mailbox loop for each slot."""
        for slot in slots:
            slot.flush(self.idle if idle is None else idle)
            slot.on_readable()

    def poll(self) -> bool:
        """Take what the gates have."""
        any_event = False
        for i, gate in enumerate(self.gates):
            while (event := gate.poll()) is not None:
                any_event = True
                if isinstance(event, BatchEvent):
                    self.got[i] += event.batch.values
                else:
                    self.events[i].append(event)
        return any_event

    def run(self, until: Callable[[], bool], *slots: SlotExchange, consume: bool = True, seconds: float = 15) -> None:
        """Drive the slots until a condition holds."""
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, "the condition never held"
            self.turn(*(slots or (self.a, self.b)))
            if not (consume and self.poll()):
                time.sleep(0.0005)

    def run_for(self, seconds: float, *slots: SlotExchange, consume: bool = True) -> None:
        """Drive the slots for a while, to see that something does not happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn(*(slots or (self.a, self.b)))
            if consume:
                self.poll()
            time.sleep(0.0005)

    def log_key(self, subtask: int = 0) -> str:
        return self.keys.input_log(JOB, 0, "c", subtask)

    def delete_logs(self) -> None:
        delete_logs(self.clients, self.keys, self.graph, 0)

    def close(self) -> None:
        for slot in self.slots:
            slot.close()
        try:
            self.delete_logs()
        finally:
            for client in self.clients.values():
                client.close()


MakeRig = Callable[..., Rig]


@pytest.fixture
def own_redis(start_redis: Any, any_redis_server: Any) -> Callable[..., Any]:
    """`own_redis(persistent=False, options=())`: a server of the test's own, of the version it runs against."""
    return partial(start_redis, any_redis_server.executable)


@pytest.fixture
def make_rig(any_redis_server: Any, prefix: str) -> Iterator[MakeRig]:
    """`make_rig(producers=1, consumers=1, urls=[…], keyring=…, **options)`."""
    rigs: list[Rig] = []

    def make(
        producers: int = 1,
        consumers: int = 1,
        urls: list[str] | None = None,
        checkpointing: bool = False,
        keyring: Keyring = UNSIGNED,
        **options: Any,
    ) -> Rig:
        clients = {url: redis.Redis.from_url(url) for url in urls or [any_redis_server.url]}
        graph, keys = job_graph(producers, consumers), Keys(prefix)
        refs = create_logs(clients, keys, graph, 0)
        rig = Rig(clients, keys, graph, ExchangeOptions(**options), refs, checkpointing, keyring)
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    return make_rig()


__all__ = ["InputGate", "MakeRig", "Rig"]
