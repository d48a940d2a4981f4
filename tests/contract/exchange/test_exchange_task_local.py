"""Single ends of channels are replaced while the others go on as they are, on real Redis."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from penstock.coordination.keys import Keys
from penstock.coordination.messages import Deploy, TaskAttempt
from penstock.exchange import BarrierEvent, BatchEvent, ExchangeLost, ExchangeOptions, InputGate, OutputWriter
from penstock.exchange.credit import CreditRow
from penstock.exchange.elements import CheckpointBarrier, WatermarkStatus
from penstock.exchange.log_admin import create_logs, delete_logs
from penstock.exchange.retention import Level
from penstock.exchange.slot_exchange import SlotExchange
from penstock.graph.job_graph import JobEdge, JobGraph, JobVertex
from penstock.graph.wiring import channel_id

pytestmark = pytest.mark.contract

JOB = "b" * 32


class Job:
    """`p` -> `c`, each in a slot of its own. Attempts come and go; `got` is what the consumers of each attempt took."""

    def __init__(self, url: str, prefix: str, bound: int, **options: Any) -> None:
        self.client, self.keys, self.bound = redis.Redis.from_url(url), Keys(prefix), bound
        self.url, self.options = url, ExchangeOptions(**options)
        vertices = tuple(
            JobVertex(id=v, name=v, operators=(), parallelism=1, max_parallelism=128, slot_sharing_group=v)
            for v in "pc"
        )
        edge = JobEdge(source="p", source_operator=0, target="c", strategy="HASH", buffer_timeout_ms=20)
        self.graph = JobGraph(job_id=JOB, name="job", vertices=vertices, edges=(edge,))
        self.refs = create_logs({url: self.client}, self.keys, self.graph, 0)
        self.allocation = {"p": "A", "c": "B"}
        self.slots: dict[str, SlotExchange] = {}
        self.told: list[tuple[str, int, Level]] = []
        self.gates: dict[str, InputGate] = {}
        self.got: dict[str, list[Any]] = {}
        self.barriers: list[int] = []

    def deployment(self, vertex: str, attempt: int, epoch: int = 1) -> Deploy:
        return Deploy(
            epoch=epoch,
            graph="",
            generation=0,
            tasks=(TaskAttempt(vertex=vertex, subtask=0, attempt=attempt),),
            placement={v: (a,) for v, a in self.allocation.items()},
            exchange=self.refs,
            checkpointing=True,
            task_local=True,
            retained=("c",),
            retained_bytes=self.bound,
        )

    def slot(self, vertex: str, attempt: int, allocation: str) -> SlotExchange:
        """Another slot for the vertex; the others are told nothing."""
        self.allocation = {**self.allocation, vertex: allocation}
        deployment = self.deployment(vertex, attempt)
        slot = SlotExchange(self.graph, deployment, allocation, self.keys, 1, self.options)
        slot.on_retention = lambda v, n, level, size: self.told.append((v, n, level))
        self.slots[allocation] = slot
        return slot

    def producer(self, attempt: int, allocation: str, sent: Any = None) -> OutputWriter:
        writer = self.slot("p", attempt, allocation).writers("p", 0, attempt)[0]
        writer.restore(sent or {})
        writer.announce()
        return writer

    def consumer(self, attempt: int, allocation: str, snapshot: Any = None) -> InputGate:
        gate = self.slot("c", attempt, allocation).input_gate("c", 0)
        return self.add_gate(gate, allocation, snapshot)

    def add_gate(self, gate: InputGate, allocation: str, snapshot: Any = None) -> InputGate:
        if snapshot is not None:
            gate.restore(snapshot)
        self.gates[allocation] = gate
        self.got[allocation] = []
        return gate

    def lose(self, allocation: str) -> None:
        self.slots.pop(allocation).close()
        self.gates.pop(allocation, None)

    def run(self, until: Callable[[], bool], seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, f"it did not come: {self.got}"
            self.turn()
            time.sleep(0.0005)

    def turn(self) -> None:
        for slot in self.slots.values():
            slot.flush(True)
            slot.on_readable()
        for allocation, gate in self.gates.items():
            while (event := gate.poll()) is not None:
                if isinstance(event, BatchEvent):
                    self.got[allocation] += event.batch.values
                elif isinstance(event, BarrierEvent):
                    self.barriers.append(event.checkpoint_id)
                    self.snapshot = gate.snapshot()
                    if gate.retention is not None and self.snapshot.resume is not None:
                        gate.retention.snapshot(event.checkpoint_id, self.snapshot.resume)

    def checkpoint(self, n: int, writer: OutputWriter, *, is_completed: bool = True) -> Any:
        """What a producer and its consumer would be restored from."""
        writer.broadcast(CheckpointBarrier(n))
        sent = writer.sequences()
        self.run(lambda: n in self.barriers)
        if is_completed:
            self.completed(n)
        return sent, self.snapshot

    def completed(self, n: int) -> None:
        for gate in self.gates.values():
            if gate.retention is not None:
                gate.retention.completed(n)

    def entries(self) -> int:
        return int(self.client.xlen(self.keys.input_log(JOB, 0, "c", 0)))

    def row(self) -> CreditRow:
        return CreditRow.decode(self.client.hget(self.keys.credit(JOB, 0, "c", 0), str(channel_id(0, 0))))  # type: ignore[arg-type]

    def close(self) -> None:
        for slot in self.slots.values():
            slot.close()
        delete_logs({self.url: self.client}, self.keys, self.graph, 0)
        self.client.close()


@pytest.fixture
def make_job(any_redis_server: Any, prefix: str) -> Iterator[Callable[..., Job]]:
    made: list[Job] = []

    def make(bound: int = 1 << 20, **options: Any) -> Job:
        made.append(Job(any_redis_server.url, prefix, bound, **options))
        return made[-1]

    yield make
    for job in made:
        job.close()


MakeJob = Callable[..., Job]


def test_a_consumer_in_another_slot_reads_again_from_the_checkpoint_and_its_producer_is_told_nothing(
    make_job: MakeJob,
) -> None:
    job = make_job(credit=2000)
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    writer.emit(0, [1, 2, 3])
    _, snapshot = job.checkpoint(1, writer)
    writer.emit(0, [4, 5, 6])
    job.run(lambda: job.got["B"] == [1, 2, 3, 4, 5, 6])
    job.lose("B")
    writer.emit(0, [7])
    job.consumer(1, "B2", snapshot)
    job.run(lambda: job.got["B2"] == [4, 5, 6, 7])
    # more than the credit: so the producer hears of the new slot's
    for n in range(100):
        values = [f"{n} {'x' * 100}"]
        job.run(lambda: not writer.blocked)
        writer.emit(0, values)
    job.run(lambda: len(job.got["B2"]) == 104)


def test_without_a_checkpoint_everything_is_read_again(make_job: MakeJob) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    for n in range(50):
        writer.emit(0, [n])
        job.turn()
    job.run(lambda: len(job.got["B"]) == 50)
    job.lose("B")
    job.consumer(1, "B2")
    job.run(lambda: job.got["B2"] == list(range(50)))


def test_what_a_restarted_producer_sends_again_is_dropped(make_job: MakeJob) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    writer.emit(0, [1, 2])
    sent, _ = job.checkpoint(1, writer)
    writer.emit(0, [3, 4, 5])
    job.run(lambda: job.got["B"] == [1, 2, 3, 4, 5])
    job.lose("A")
    writer = job.producer(1, "A2", sent)
    writer.emit(0, [3, 4])
    job.run(lambda: not writer.is_caught_up and job.row().attempt == (1, 1))
    writer.emit(0, [5, 6])
    job.run(lambda: writer.is_caught_up and job.got["B"] == [1, 2, 3, 4, 5, 6])


def test_a_producer_has_not_caught_up_before_its_consumer_has_looked_at_all_of_the_attempt_before(
    make_job: MakeJob,
) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    job.run(lambda: writer.is_caught_up)
    consumer = job.slots.pop("B")
    gate = job.gates.pop("B")
    writer.emit(0, [1, 2, 3])  # which nobody reads
    job.run(lambda: writer.is_drained)
    job.lose("A")
    writer = job.producer(1, "A2")
    writer.emit(0, [1])
    job.run(lambda: writer.is_drained)
    assert not writer.is_caught_up
    job.slots["B"], job.gates["B"] = consumer, gate
    job.run(lambda: job.row().attempt == (1, 1) and job.got["B"] == [1, 2, 3])
    assert not writer.is_caught_up, "its consumer has taken more"
    writer.emit(0, [2, 3])
    job.run(lambda: writer.is_caught_up)
    job.checkpoint(1, writer)


def test_both_ends_are_replaced_in_the_slots_that_they_were_in(make_job: MakeJob) -> None:
    job = make_job(block=60.0)  # nothing but a nudge ends a read
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    writer.emit(0, [1, 2, 3])
    sent, snapshot = job.checkpoint(1, writer)
    writer.emit(0, [4, 5])
    job.run(lambda: job.got["B"] == [1, 2, 3, 4, 5])
    for attempt in (1, 2):
        writer.emit(0, ["never sent"])  # buffered: it goes with its task
        slot = job.slots["A"]
        slot.remove("p", 0)
        slot.deploy(job.deployment("p", attempt))
        writer = slot.writers("p", 0, attempt)[0]
        writer.restore(sent)
        writer.announce()
        slot = job.slots["B"]
        slot.remove("c", 0)
        slot.deploy(job.deployment("c", attempt))
        job.add_gate(slot.input_gate("c", 0), "B", snapshot)
        writer.emit(0, [4, *range(5, 6 + attempt)])
        expected = [4, *range(5, 6 + attempt)]
        job.run(lambda expected=expected: job.got["B"] == expected)  # type: ignore[misc]


def test_a_log_is_kept_until_a_checkpoint_is_complete(make_job: MakeJob) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    for n in range(20):
        writer.emit(0, [n])
        job.turn()
    job.run(lambda: len(job.got["B"]) == 20 and job.row().taken == 20)
    kept = job.entries()
    assert kept > 3, "consumed, and kept"
    job.checkpoint(1, writer, is_completed=False)
    job.run(lambda: job.row().ordinal >= 2)
    assert job.entries() > kept
    gate = job.gates["B"]
    assert gate.retention is not None
    gate.retention.completed(1)
    job.run(lambda: job.entries() == 0)
    trimmed = job.client.hget(job.keys.credit(JOB, 0, "c", 0), "trimmed_to")
    assert trimmed == b"%d-%d" % gate.trim_position()


def test_at_the_bound_a_source_stops_but_for_barriers_until_one_is_complete(make_job: MakeJob) -> None:
    job = make_job(bound=600)
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    sent = 0
    while ("c", 0, Level.FULL) not in job.told:
        if not writer.blocked:
            writer.emit(0, ["x" * 40])
            sent += 1
        job.turn()
    job.run(lambda: job.row().withheld and job.row().taken >= sent - 1)
    job.run(lambda: len(job.got["B"]) == job.row().taken)
    for _ in range(100):
        job.turn()
    writer.emit(0, ["held"])
    writer.flush(0.0, True)
    assert writer.blocked
    for _ in range(300):
        job.turn()
    assert "held" not in job.got["B"]
    job.checkpoint(1, writer)
    assert job.got["B"][-1] == "held", "what was parked before the barrier came with it"
    job.run(lambda: not job.row().withheld)
    writer.emit(0, ["more"])
    job.run(lambda: job.got["B"][-1] == "more")


def test_a_new_attempt_takes_back_that_credit_was_withheld(make_job: MakeJob) -> None:
    job = make_job(bound=600)
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    job.run(lambda: writer.is_caught_up)
    job.checkpoint(1, writer)
    for _ in range(20):
        writer.emit(0, ["x" * 40])
        job.turn()
    job.run(lambda: job.row().withheld)
    _, snapshot = job.checkpoint(2, writer)
    job.lose("B")
    writer.emit(0, ["next"])
    job.consumer(1, "B2", snapshot)
    job.run(lambda: job.got["B2"] == ["next"] and not job.row().withheld)


def test_retaining_stops_and_goes_on_with_the_next_checkpoint(make_job: MakeJob) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    writer.emit(0, [1, 2, 3])
    _, snapshot = job.checkpoint(1, writer)
    writer.emit(0, [4])
    job.run(lambda: job.got["B"] == [1, 2, 3, 4])
    job.slots["B"].stop_retaining(["c"], 2)
    job.run(lambda: job.entries() == 0)
    writer.emit(0, [5])
    _, newer = job.checkpoint(2, writer)
    writer.emit(0, [6])
    job.run(lambda: job.got["B"] == [1, 2, 3, 4, 5, 6])
    job.lose("B")
    job.consumer(1, "B2", newer)
    job.run(lambda: job.got["B2"] == [6])
    job.lose("B2")
    job.consumer(2, "B3", snapshot)
    with pytest.raises(ExchangeLost, match="trimmed up to") as lost:
        job.run(lambda: False)
    assert lost.value.kind == "trimmed"


def test_word_that_retaining_stops_comes_after_the_barrier_that_it_goes_on_with(make_job: MakeJob) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    writer.emit(0, [1, 2, 3])
    _, newer = job.checkpoint(2, writer, is_completed=False)
    writer.emit(0, [4])
    job.run(lambda: job.got["B"] == [1, 2, 3, 4])
    job.slots["B"].stop_retaining(["c"], 2)
    job.run(lambda: job.entries() == 1)
    job.completed(2)
    job.lose("B")
    job.consumer(1, "B2", newer)
    job.run(lambda: job.got["B2"] == [4])


def test_a_status_that_a_restarted_producer_repeats_does_not_count(make_job: MakeJob) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    gate = job.consumer(0, "B")
    writer.emit(0, [1])
    sent, _ = job.checkpoint(1, writer)
    for active in (False, True):
        writer.broadcast(WatermarkStatus(active))
    job.run(lambda: job.row().ordinal == 4)
    assert gate.watermarks.active
    job.lose("A")
    writer = job.producer(1, "A2", sent)
    writer.broadcast(WatermarkStatus(False))
    job.run(lambda: job.row().attempt == (1, 1) and job.row().ordinal == 4)
    assert gate.watermarks.active, "it was said before, and taken back since"
    job.checkpoint(2, writer)
    assert not gate.watermarks.active, "that is all it says at this place"


@pytest.mark.parametrize("batches", [[[4, 99, 6]], [[4], [99], [6]], [[4, 5, 99, 7]]])
def test_a_restarted_producer_that_makes_other_records_is_found_out(make_job: MakeJob, batches: Any) -> None:
    job = make_job()
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    writer.emit(0, [1, 2, 3])
    sent, _ = job.checkpoint(1, writer)
    writer.emit(0, [4, 5])
    writer.flush(0.0, True)
    writer.emit(0, [6])
    job.run(lambda: job.got["B"] == [1, 2, 3, 4, 5, 6])
    job.lose("A")
    writer = job.producer(1, "A2", sent)
    with pytest.raises(
        ExchangeLost, match=r"record \d is not what it was before the task restarted: \d, then 99"
    ) as lost:
        for batch in batches:
            writer.emit(0, batch)
            writer.flush(0.0, True)
            for _ in range(20):
                job.turn()
        job.run(lambda: False, seconds=5)
    assert lost.value.kind == "fork"


def test_the_comparison_ends_where_the_attempt_before_ended(make_job: MakeJob) -> None:
    job = make_job(read_count=2, entry_records=3)
    writer = job.producer(0, "A")
    job.consumer(0, "B")
    sent, _ = job.checkpoint(1, writer)
    for n in range(40):
        writer.emit(0, [n])
        job.turn()
    job.run(lambda: len(job.got["B"]) == 40)
    job.lose("A")
    slot = job.slot("p", 1, "A2")
    writer = slot.writers("p", 0, 1)[0]
    writer.restore(sent)
    writer.announce()
    (channel,) = (outlet.channel for outlet in slot._links[0].writing._outlets.values())
    job.run(lambda: channel.check is not None)
    for n in range(60):
        writer.emit(0, [n])
        job.turn()
    job.run(lambda: channel.check is None and job.got["B"] == list(range(60)))
