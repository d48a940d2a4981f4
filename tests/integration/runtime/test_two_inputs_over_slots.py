"""Two-input and asynchronous operators in slot processes: batches of both inputs come through Redis and in memory."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.common import Configuration, Time, Types
from penstock.datastream import (
    AsyncDataStream,
    AsyncFunction,
    BroadcastProcessFunction,
    CoFlatMapFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor
from penstock.graph.compiled import CompiledJob
from penstock.graph.job_graph_generator import compile_job
from tests.conftest import RedisServer
from tests.integration.runtime.slots import Cluster

pytestmark = pytest.mark.integration
LEFT, RIGHT = range(300), range(0, 600, 3)
SEEN = MapStateDescriptor("seen", Types.INT(), Types.INT())


class Join(CoFlatMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.left = runtime_context.get_list_state(ListStateDescriptor("left", Types.INT()))
        self.right = runtime_context.get_list_state(ListStateDescriptor("right", Types.INT()))
        self.joined = runtime_context.get_metrics_group().counter("joined")

    def flat_map1(self, value: Any) -> Iterator[Any]:
        self.left.add(value)
        for other in self.right:
            self.joined.inc()
            yield value, other

    def flat_map2(self, value: Any) -> Iterator[Any]:
        self.right.add(value)
        for other in self.left:
            self.joined.inc()
            yield other, value


class Sum(AsyncFunction[Any, Any]):
    async def async_invoke(self, value: Any) -> list[Any]:
        await asyncio.sleep(0.001 * (sum(value) % 3))
        return [(*value, sum(value))]


class Control(BroadcastProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        yield value

    def process_broadcast_element(self, value: Any, ctx: Any) -> Iterator[Any]:
        state = ctx.get_broadcast_state(SEEN)
        state.put(value, value)
        if len(state.keys()) == 50:
            yield "all rules"


def program(backend: str) -> CompiledJob:
    configuration = Configuration().set_string("state.backend.type", backend)
    env = StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(2)
    left, right = env.from_collection(LEFT).rebalance().map(int), env.from_collection(RIGHT).rebalance().map(int)
    joined = left.connect(right).key_by(lambda v: v % 100, lambda v: v % 100).flat_map(Join())
    summed = AsyncDataStream.unordered_wait(joined, Sum(), Time.seconds(60), capacity=20)
    summed.rebalance().connect(env.from_collection(range(50)).broadcast(SEEN)).process(Control()).print()
    keys = {"state.backend.type": backend}
    return compile_job(env._stream_graph(None), job_id=uuid.uuid4().hex, configuration=keys)


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_a_join_async_and_broadcast_over_two_slots(redis_server: RedisServer, prefix: str, backend: str) -> None:
    if backend == "rocksdb":
        pytest.importorskip("rocksdict")
    compiled = program(backend)
    placement = {v.id: ("a0", "a1")[: v.parallelism] for v in compiled.graph.vertices}
    job = Cluster(redis_server.url, prefix, compiled, placement)
    try:
        job.start("a0", "a1")
        job.deploy("a0", "a1")
        job.wait_for("FINISHED", sum(v.parallelism for v in compiled.graph.vertices))
        job.release("a0", "a1")
        lines = [line.partition("> ")[2] for line in job.output("a0") + job.output("a1")]
        expected = [(a, b, a + b) for a in LEFT for b in RIGHT if a % 100 == b % 100]
        assert sorted(lines) == sorted([*map(str, expected), "all rules", "all rules"])
        metrics = job.coordination.metrics.all(job.job).values()
        assert sum(int(m.user.get("Co-Flat Map.joined", 0)) for m in metrics) == len(expected)
    finally:
        job.close()
