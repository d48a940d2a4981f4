import pytest

from penstock.common import Configuration, Encoder, WatermarkStrategy
from penstock.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from penstock.datastream.connectors import FileSink, NumberSequenceSource
from penstock.operators.specs import AggregateSpec, ReduceSpec


class Endless(NumberSequenceSource):
    def __init__(self) -> None:
        super().__init__(0, 0)
        self.bounded = False


def environment(**settings: str) -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment(Configuration.from_dict({"parallelism.default": "2", **settings}))


def test_names_and_strategies() -> None:
    env = environment()
    numbers = env.from_source(NumberSequenceSource(0, 9), WatermarkStrategy.no_watermarks(), "numbers")
    stream = numbers.map(str).set_parallelism(3).flat_map(list).set_parallelism(3)
    stream.sink_to(FileSink.for_row_format("out", Encoder.simple_string_encoder()).build())
    stream.sink_to(FileSink.for_row_format("out", Encoder.simple_string_encoder()).build()).name("words")
    graph = env._stream_graph(None)
    assert [n.name for n in graph.nodes.values()] == [
        "Source: numbers",
        "Map",
        "FlatMap",
        "Sink: Writer",
        "words: Writer",
    ]
    assert [e.strategy for n in graph.nodes.values() for e in n.inputs] == ["REBALANCE", "FORWARD"] + ["REBALANCE"] * 2
    assert graph.settings.job_name == "Flink Streaming Job"


def test_parallelism_is_that_of_the_environment_when_the_operator_was_made() -> None:
    env = environment()
    stream = env.from_collection([1]).map(str)
    env.set_parallelism(4)
    stream.map(str).print()
    assert [n.parallelism for n in env._stream_graph(None).nodes.values()] == [1, 2, 4, 4]


@pytest.mark.parametrize(("set_to", "of_map", "of_sink"), [(None, 64, 256), ("512", 64, 512)])
def test_max_parallelism(set_to: str | None, of_map: int, of_sink: int) -> None:
    env = environment(**({"pipeline.max-parallelism": set_to} if set_to else {}))
    env.from_collection([1]).map(str).set_max_parallelism(64).print().set_parallelism(100)
    nodes = list(env._stream_graph(None).nodes.values())
    assert [n.max_parallelism for n in nodes[1:]] == [of_map, of_sink]


def test_parallelism_below_one_is_refused() -> None:
    env = environment(**{"parallelism.default": "0"})
    env.from_collection([1]).map(str).print()
    with pytest.raises(ValueError, match="operator 'Map': parallelism is 0; it has to be at least 1"):
        env.get_execution_plan()


def test_parallelism_above_the_maximum_is_refused() -> None:
    env = environment()
    env.from_collection([1]).map(str).set_max_parallelism(3).set_parallelism(4).name("wide").print()
    with pytest.raises(ValueError, match="operator 'wide': parallelism 4 is above its maximum 3"):
        env._stream_graph(None)


def test_forward_needs_equal_parallelism() -> None:
    env = environment()
    env.from_collection([1]).forward().map(str).print()
    with pytest.raises(ValueError, match="Forward partitioning does not allow change of parallelism"):
        env._stream_graph(None)


def test_slot_sharing_groups_are_inherited_where_inputs_agree() -> None:
    env = environment()
    a = env.from_collection([1]).map(str).slot_sharing_group("g").map(str)
    b = env.from_collection([1]).map(str)
    a.union(b).print()
    groups = [n.slot_sharing_group for n in env._stream_graph(None).nodes.values()]
    assert groups == ["default", "g", "g", "default", "default", "default"]


def test_only_what_leads_somewhere_is_in_the_graph() -> None:
    env = environment()
    env.from_collection([1])
    env.from_collection([2]).print()
    assert [n.id for n in env._stream_graph(None).nodes.values()] == [2, 3]


@pytest.mark.parametrize("mode", list(RuntimeExecutionMode))
def test_batch_mode_emits_only_final_values(mode: RuntimeExecutionMode) -> None:
    env = environment().set_runtime_mode(mode)
    keyed = env.from_collection([1]).key_by(str)
    keyed.reduce(max).print()
    keyed.sum().print()
    graph = env._stream_graph(None)
    is_batch = mode is not RuntimeExecutionMode.STREAMING
    assert graph.job_type == ("BATCH" if is_batch else "STREAMING")
    final = [n.spec.final_only for n in graph.nodes.values() if isinstance(n.spec, (ReduceSpec, AggregateSpec))]
    assert final == [is_batch, is_batch]


def test_an_unbounded_source_cannot_run_as_batch() -> None:
    env = environment()
    env.from_source(Endless(), WatermarkStrategy.no_watermarks(), "endless").print()
    env.set_runtime_mode(RuntimeExecutionMode.AUTOMATIC)
    assert env._stream_graph(None).job_type == "STREAMING"
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    with pytest.raises(ValueError, match=r"UNBOUNDED source .* 'endless'"):
        env._stream_graph(None)


def test_watermarks_are_made_with_the_parallelism_of_the_input() -> None:
    env = environment()
    env.from_collection([1]).assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks()).print()
    assert [n.parallelism for n in env._stream_graph(None).nodes.values()] == [1, 1, 2]


def test_buffer_timeout() -> None:
    env = environment().set_buffer_timeout(7)
    env.from_collection([1]).map(str).set_buffer_timeout(-1).print()
    assert [n.buffer_timeout_ms for n in env._stream_graph(None).nodes.values()] == [7, -1, 7]
    assert env.get_buffer_timeout() == 7
    assert env.set_buffer_timeout(-1).get_buffer_timeout() == -1
    assert environment(**{"execution.buffer-timeout": "1 s"}).get_buffer_timeout() == 1000
