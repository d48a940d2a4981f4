"""A job of real tasks, Redis stream -> running count of each word -> Redis stream, crashed and rescaled at random."""

import random
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.job_builder import JobBuilder

from penstock.common.serialization import SimpleStringSchema
from penstock.datastream.connectors.base import DeliveryGuarantee
from penstock.datastream.connectors.redis import RedisStreamsSink, RedisStreamsSource
from penstock.operators.specs import AggregateSpec, MapSpec, SinkSpec, SourceSpec

pytestmark = pytest.mark.contract

harness = pytest.importorskip("tests.unit.runtime.checkpointing")


def job(url: str, prefix: str, parallelism: int) -> Any:
    schema = SimpleStringSchema()
    source = RedisStreamsSource.builder().set_url(url).set_stream_keys(*(f"{prefix}:{n}" for n in range(3)))
    sink = RedisStreamsSink.builder().set_url(url).set_stream_key(f"{prefix}:out")
    sink.set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
    sink.set_serializer(lambda pair: {"word": pair[0], "count": pair[1]})
    built = JobBuilder()
    words = built.vertex(
        SourceSpec(source.set_value_only_deserializer(schema, "v").build()),
        MapSpec(lambda word: (word, 1)),
        parallelism=parallelism,
    )
    counts = built.vertex(AggregateSpec("sum", 1), SinkSpec(sink.build()), parallelism=parallelism)
    built.key_by(words, counts, lambda pair: pair[0])
    return built.build()


def counts_of(client: Any, key: str) -> list[tuple[str, int]]:
    return sorted((f[b"word"].decode(), int(f[b"count"])) for _, f in client.xrange(key))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 30))
def test_each_count_once(url: str, client: Any, seed: int) -> None:
    random_ = random.Random(seed)
    prefix = uuid.uuid4().hex
    totals: dict[str, int] = {}
    files = harness.MemoryFiles()
    checkpoint, completed, attempt = 0, 0, 0

    def add() -> None:
        for _ in range(random_.randint(1, 8)):
            word = f"w{random_.randint(0, 5)}"
            totals[word] = totals.get(word, 0) + 1
            client.xadd(f"{prefix}:{random_.randint(0, 2)}", {"v": word})

    def start() -> Any:
        compiled = job(url, prefix, random_.randint(1, 3))
        restore = None
        if completed:
            restore = harness.MemoryRestore(files, completed, compiled, files.states[completed])
        return harness.Running(compiled, files, restore, attempt=attempt, is_inline=True)

    running = start()
    for _ in range(random_.randint(3, 15)):
        add()
        for _ in range(random_.randint(0, 30)):
            running.runner.run_once(0.001)
        what = random_.random()
        if what < 0.6:
            checkpoint += 1
            running.trigger(checkpoint)
            running.run(lambda: running.acked(checkpoint))  # noqa: B023 (called at once)
            running._keep(checkpoint)
            completed = checkpoint
            # all are told, or some, or it dies before
            for task in running.tasks.values():
                if random_.random() < 0.6:
                    task.checkpoint_complete(checkpoint)
        if what > 0.5:
            running.close()
            attempt += 1
            running = start()
    expected = sorted((word, n) for word, total in totals.items() for n in range(1, total + 1))
    for _ in range(200):
        for _ in range(20):
            running.runner.run_once(0.001)
        checkpoint += 1
        running.take(checkpoint)
        if len(counts_of(client, f"{prefix}:out")) >= len(expected):
            break
    running.close()
    assert counts_of(client, f"{prefix}:out") == expected, f"seed {seed}"
    client.delete(*(f"{prefix}:{n}" for n in range(3)), f"{prefix}:out")
