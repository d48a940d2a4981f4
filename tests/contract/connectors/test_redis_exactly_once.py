"""Redis stream to Redis stream under random crashes, restores and other parallelisms: each record once."""

import random
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.common.serialization import SimpleStringSchema
from penstock.datastream.connectors.base import DeliveryGuarantee
from penstock.datastream.connectors.redis import RedisStreamsSink, RedisStreamsSource
from penstock.operators.sinks import SinkOperator
from penstock.operators.sources import SourceOperator
from penstock.operators.specs import WriterContext
from penstock.state.handover import hand_over
from penstock.state.snapshot import OperatorSnapshot

pytestmark = pytest.mark.contract

#: of one checkpoint: those of the sources, those of the sinks
Checkpoint = tuple[list[OperatorSnapshot], list[OperatorSnapshot]]


class Job:
    """Source n feeds sink n. Attempts, checkpoints and their completion as the test likes."""

    def __init__(self, url: str, keys: list[str], out: str) -> None:
        schema = SimpleStringSchema()
        self.source = (
            RedisStreamsSource.builder().set_url(url).set_stream_keys(*keys).set_value_only_deserializer(schema, "v")
        ).build()
        sink = RedisStreamsSink.builder().set_url(url).set_stream_key(out).set_value_serializer(schema, "v")
        self.sink = sink.set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE).build()
        self.checkpoint = 0
        self.completed: Checkpoint | None = None
        self.attempt = -1
        self.sources: list[SourceOperator] = []
        self.sinks: list[SinkOperator] = []

    def start(self, parallelism: int) -> None:
        self.attempt += 1
        self.sources, self.sinks = [], []
        for n in range(parallelism):
            source = SourceOperator(0, "in", self.source, None, 0)
            place = WriterContext(n, self.attempt, parallelism, "job", "out", checkpointing=True)
            sink = SinkOperator(1, "out", self.sink, place)
            if self.completed is not None:
                source.restore(hand_over(self.completed[0], n, parallelism, 128))
                sink.restore(hand_over(self.completed[1], n, parallelism, 128))
            sink.open(None)
            source.start(lambda: self.source.enumerate_splits(parallelism), n, parallelism)
            self.sources.append(source)
            self.sinks.append(sink)

    def run(self, subtask: int, most: int) -> int:
        batch: Any = self.sources[subtask].poll(most)
        if batch:
            self.sinks[subtask].write(batch.values)
        return len(batch) if batch else 0

    def snapshot(self) -> tuple[int, Checkpoint]:
        self.checkpoint += 1
        n = self.checkpoint
        return n, ([s.snapshot(n) for s in self.sources], [s.snapshot(n) for s in self.sinks])

    def crash(self) -> None:
        for operator in (*self.sources, *self.sinks):
            operator.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 30))
def test_each_record_once(url: str, client: Any, seed: int) -> None:
    random_ = random.Random(seed)
    prefix = uuid.uuid4().hex
    keys = [f"{prefix}:{n}" for n in range(3)]
    job = Job(url, keys, f"{prefix}:out")
    written = 0
    job.start(random_.randint(1, 3))
    for _ in range(random_.randint(5, 60)):
        match random_.randint(0, 9):
            case 0 | 1 | 2:
                for _ in range(random_.randint(1, 6)):
                    client.xadd(random_.choice(keys), {"v": str(written)})
                    written += 1
            case 3 | 4 | 5 | 6:
                job.run(random_.randrange(len(job.sources)), random_.randint(1, 4))
            case 7 | 8:
                n, checkpoint = job.snapshot()
                if random_.random() < 0.7:
                    job.completed = checkpoint
                    # some are told, in any order, and some die before
                    told = random_.sample(job.sinks, random_.randint(0, len(job.sinks)))
                    for sink in told:
                        sink.notify_complete(n)
                else:
                    for sink in job.sinks:
                        sink.notify_aborted(n)
            case 9:
                job.crash()
                job.start(random_.randint(1, 3))
    job.crash()
    finish(job, client, keys)
    found = [int(fields[b"v"]) for _, fields in client.xrange(f"{prefix}:out")]
    assert sorted(found) == list(range(written)), f"seed {seed}"
    client.delete(*keys, f"{prefix}:out")


def finish(job: Job, client: Any, keys: list[str]) -> None:
    """Read all that is left, and complete a last checkpoint."""
    job.source = replace(job.source)
    job.start(2)
    ends = {key: client.xinfo_stream(key)["last-generated-id"].decode() for key in keys if client.exists(key)}

    def is_done() -> bool:
        after = {split.key: str(split.after) for s in job.sources for split in s.snapshot(0).lists["splits"].items}
        return all(after[key] == end for key, end in ends.items())

    while not is_done():
        for subtask in range(2):
            job.run(subtask, 100)
    n, _ = job.snapshot()
    for sink in job.sinks:
        sink.notify_complete(n)
    job.crash()
