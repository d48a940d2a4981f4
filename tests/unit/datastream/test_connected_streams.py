"""Two inputs, broadcast state and async I/O through the API: the graph they give, and jobs that run in this process."""

import asyncio
import json
from typing import Any

import pytest

from penstock.client.job_client import JobExecutionError
from penstock.common import Configuration, Time, Types, WatermarkStrategy
from penstock.common.watermark_strategy import TimestampAssigner
from penstock.datastream import (
    AsyncDataStream,
    AsyncFunction,
    BroadcastProcessFunction,
    CoFlatMapFunction,
    CoMapFunction,
    CustomStateBackend,
    DataStream,
    EmbeddedRocksDBStateBackend,
    HashMapStateBackend,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    PredefinedOptions,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from penstock.datastream.functions import AsyncRetryStrategy
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


def environment(**keys: str) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for key, value in keys.items():
        configuration.set_string(key.replace("_", "."), value)
    return StreamExecutionEnvironment.get_execution_environment(configuration)


def collected(stream: DataStream) -> list[Any]:
    iterator: Any = stream.execute_and_collect()
    with iterator:
        return list(iterator)


class Tagged(CoMapFunction):
    def map1(self, value: Any) -> Any:
        return 1, value

    def map2(self, value: Any) -> Any:
        return 2, value


def test_chains_and_groups() -> None:
    env = environment().set_parallelism(2)
    left = env.from_collection([1]).rebalance().map(lambda v: v).slot_sharing_group("left")
    right = env.from_collection([2])
    both = left.connect(right.broadcast()).map(Tagged())
    both.filter(lambda v: True).print()
    graph = env._stream_graph(None)
    from penstock.graph.job_graph_generator import compile_job

    job = compile_job(graph, job_id="0" * 32, configuration={}).graph
    (vertex,) = [v for v in job.vertices if v.name.startswith("Co-Map")]
    # the two-input operator is the head of its chain, even behind FORWARD, and chains with what follows
    assert vertex.name == "Co-Map -> Filter -> Sink: Print to Std. Out" and vertex.parallelism == 2
    edges = {(e.target_input, e.strategy) for _, e in job.inputs(vertex.id)}
    assert edges == {(0, "FORWARD"), (1, "BROADCAST")}
    assert vertex.slot_sharing_group == "default"  # its inputs are of two groups
    plan = json.loads(env.get_execution_plan())
    assert [len(n.get("predecessors", [])) for n in plan["nodes"] if n["type"] == "Co-Map"] == [2]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_both_sides_of_unequal_length(parallelism: int) -> None:
    env = environment().set_parallelism(parallelism)
    short, long = env.from_collection(range(3)), env.from_collection(range(5000))
    found = collected(short.connect(long).map(Tagged()))
    assert sorted(found) == [(1, n) for n in range(3)] + [(2, n) for n in range(5000)]


class First(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class OnTime(KeyedCoProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.INT()))

    def process_element1(self, value: Any, ctx: Any) -> Any:
        self.seen.add(value[1])
        ctx.timer_service().register_event_time_timer(500)

    process_element2 = process_element1

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), sorted(self.seen.get() or ())


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_event_time_is_the_slower_sides(backend: str) -> None:
    if backend == "rocksdb":
        pytest.importorskip("rocksdict")
    env = environment(state_backend_type=backend).set_parallelism(2)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(First())
    # the left side alone would fire the timers long before the right side has come to 499
    left = env.from_collection([("ab"[n % 2], n * 10) for n in range(100)])
    right = env.from_collection([("ab"[n % 2], n) for n in range(500)])
    streams = [
        s.assign_timestamps_and_watermarks(strategy).key_by(lambda v: v[0], Types.STRING()) for s in (left, right)
    ]
    found = dict(collected(streams[0].connect(streams[1]).process(OnTime())))
    for i, key in enumerate("ab"):
        assert set(range(i, 500, 2)) <= set(found[key])


class Join(CoFlatMapFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.left = runtime_context.get_list_state(ListStateDescriptor("left", Types.INT()))
        self.right = runtime_context.get_list_state(ListStateDescriptor("right", Types.INT()))

    def flat_map1(self, value: Any) -> Any:
        self.left.add(value)
        return [(value, other) for other in self.right]

    def flat_map2(self, value: Any) -> Any:
        self.right.add(value)
        return [(other, value) for other in self.left]


def test_connected_streams_are_keyed_afterwards_too() -> None:
    env = environment().set_parallelism(3)
    streams = env.from_collection(range(30)).connect(env.from_collection(range(20)).union(env.from_collection([29])))
    joined = streams.key_by(lambda v: v % 7, lambda v: v % 7, Types.INT()).flat_map(Join())
    right = [*range(20), 29]
    assert sorted(collected(joined)) == sorted((a, b) for a in range(30) for b in right if a % 7 == b % 7)


class Plain(BroadcastProcessFunction[Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Any: ...

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        ctx.get_broadcast_state(RULES).put(value, 1)
        yield value


class Keyed(KeyedBroadcastProcessFunction[Any, Any, Any, Any]):
    def process_element(self, value: Any, ctx: Any) -> Any: ...

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any: ...


def test_broadcast_records_reach_every_subtask() -> None:
    env = environment().set_parallelism(3)
    found = env.from_collection([1]).connect(env.from_collection(["a", "b"]).broadcast(RULES)).process(Plain())
    assert sorted(collected(found)) == ["a"] * 3 + ["b"] * 3


def test_wrong_arguments_are_refused_where_they_are_given() -> None:
    env = environment()
    stream = env.from_collection([1])
    keyed = stream.key_by(lambda v: v)
    rules = stream.broadcast(RULES)
    with pytest.raises(TypeError, match="must be MapStateDescriptor"):
        stream.broadcast(ValueStateDescriptor("v", Types.INT()))  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="a DataStream or a BroadcastStream is needed, not 5"):
        stream.connect(5)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="must be a CoMapFunction"):
        stream.connect(stream).map(lambda v: v)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be a CoFlatMapFunction"):
        stream.connect(stream).flat_map(Tagged())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be a CoProcessFunction or KeyedCoProcessFunction"):
        stream.connect(stream).process(Tagged())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="applied to non-keyed DataStream"):
        keyed.connect(rules).process(Plain())
    with pytest.raises(TypeError, match="applied to keyed DataStream"):
        stream.connect(rules).process(Keyed())
    with pytest.raises(ValueError, match="different environments"):
        stream.connect(environment().from_collection([1])).map(Tagged())
    with pytest.raises(TypeError, match="Cannot override partitioning"):
        keyed.broadcast(RULES)


class Echo(AsyncFunction[Any, Any]):
    async def async_invoke(self, value: Any) -> list[Any]:
        await asyncio.sleep(0.001 * (value % 3))
        if value == 77:
            raise ValueError("seventy-seven")
        return [value]


class NotAsync(AsyncFunction[Any, Any]):
    def async_invoke(self, value: Any) -> list[Any]:  # type: ignore[override]
        return [value]


def test_async_keeps_order() -> None:
    env = environment()
    stream = AsyncDataStream.ordered_wait(env.from_collection(range(70)), Echo(), Time.seconds(30), capacity=7)
    assert collected(stream.map(lambda v: v * 2)) == [v * 2 for v in range(70)]
    unordered = AsyncDataStream.unordered_wait(environment().from_collection(range(70)), Echo(), Time.seconds(30))
    assert sorted(collected(unordered)) == list(range(70))


def test_an_async_failure_names_operator_and_record() -> None:
    stream = AsyncDataStream.ordered_wait(environment().from_collection([1, 77]), Echo(), Time.seconds(30))
    with pytest.raises(JobExecutionError) as caught:
        collected(stream)
    text = str(caught.value)
    assert "seventy-seven" in text and "in operator 'async wait operator', for the record 77" in text


def test_async_arguments() -> None:
    stream = environment().from_collection([1])
    retry = AsyncRetryStrategy.fixed_delay(1, 1, None, None)
    with pytest.raises(TypeError, match="should be declared as 'async def'"):
        AsyncDataStream.ordered_wait(stream, NotAsync(), Time.seconds(1))
    with pytest.raises(ValueError, match="Timeout should be configured"):
        AsyncDataStream.ordered_wait_with_retry(stream, Echo(), Time.milliseconds(0), retry)
    with pytest.raises(ValueError, match="Async retry strategy should not be None"):
        AsyncDataStream.unordered_wait_with_retry(stream, Echo(), Time.seconds(1), None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1: 0"):
        AsyncDataStream.unordered_wait(stream, Echo(), Time.seconds(1), 0)


class Twice(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        runtime_context.get_state(ValueStateDescriptor("v", Types.INT()))
        runtime_context.get_state(ValueStateDescriptor("v", Types.STRING()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value


def test_a_descriptor_used_twice_with_different_types_fails_the_job() -> None:
    with pytest.raises(JobExecutionError, match="'v' has the type"):
        collected(environment().from_collection([1]).key_by(lambda v: v).process(Twice()))


def test_state_backends_are_values() -> None:
    assert str(HashMapStateBackend()) == "HashMapStateBackend"
    rocksdb = EmbeddedRocksDBStateBackend(True)
    rocksdb.set_db_storage_paths("/a", "/b")
    rocksdb.set_predefined_options(PredefinedOptions.FLASH_SSD_OPTIMIZED)
    rocksdb.set_number_of_transfer_threads(2)
    assert rocksdb.is_incremental_checkpoints_enabled() and rocksdb.get_db_storage_paths() == ["/a", "/b"]
    assert rocksdb.get_predefined_options() is PredefinedOptions.FLASH_SSD_OPTIMIZED
    assert rocksdb.get_number_of_transfer_threads() == 2 and rocksdb.get_options() is None
    for wrong in (lambda: rocksdb.set_options("a.b.C"), lambda: CustomStateBackend(object())):
        with pytest.raises(NotImplementedError, match="Java"):
            wrong()
