"""What the streams' methods accept and refuse; the messages are PyFlink's where it has one."""

from typing import Any

import pytest

from penstock.common import Configuration, Encoder, TypeInformation, Types
from penstock.datastream import (
    DataStream,
    KeyedProcessFunction,
    MapFunction,
    OutputTag,
    ProcessFunction,
    StreamExecutionEnvironment,
)
from penstock.datastream.connectors import FileSink
from penstock.datastream.data_stream import KeyedStream
from penstock.operators.specs import SinkSpec

PAIRS = Types.TUPLE([Types.STRING(), Types.INT()])


class Doubles(MapFunction):
    def map(self, value: Any) -> Any:
        return value * 2


class Process(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Any:
        return [value]


class KeyedProcess(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        return [value]


def stream(type_info: TypeInformation | None = None) -> DataStream:
    return StreamExecutionEnvironment(Configuration()).from_collection([("a", 1)], type_info)


def test_types_follow_the_operators() -> None:
    pairs, pickled = stream(PAIRS), Types.PICKLED_BYTE_ARRAY()
    keyed = pairs.key_by(lambda v: v[0])
    assert pairs.map(str).get_type() == pickled
    assert pairs.map(str, Types.STRING()).get_type() == Types.STRING()
    assert pairs.filter(bool).rebalance().union(pairs).get_type() == PAIRS
    assert keyed.get_type() == keyed.sum(1).get_type() == keyed.reduce(max).get_type() == PAIRS
    assert keyed.map(str).get_type() == keyed.process(KeyedProcess()).get_type() == pickled
    assert pairs.project(1).get_type() == Types.TUPLE([Types.INT()])
    late = OutputTag("late", Types.LONG())
    assert pairs.process(Process()).get_side_output(late).get_type() == Types.LONG()


def test_a_sink_knows_the_type_of_its_input() -> None:
    pairs = stream(PAIRS)
    sink = pairs.sink_to(FileSink.for_row_format("out", Encoder.simple_string_encoder()).build())
    spec = sink._transformation.spec
    assert isinstance(spec, SinkSpec)
    assert isinstance(spec.sink, FileSink)
    assert spec.input_type == spec.sink.input_type == PAIRS


@pytest.mark.parametrize("func", [len, str, lambda v: v, Doubles()])
def test_callables_and_rich_functions_are_taken(func: Any) -> None:
    assert stream().map(func).get_name() == "Map"


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (lambda s: s.map(3), "The input must be a MapFunction or a callable function, not 3"),
        (lambda s: s.map(Doubles), "pass an instance, Doubles"),
        (lambda s: s.flat_map("x"), "The input must be a FlatMapFunction"),
        (lambda s: s.key_by("x"), "The input must be a KeySelector"),
        (lambda s: s.partition_custom(1, str), "The input must be a Partitioner"),
        (lambda s: s.map(str, "STRING"), "a TypeInformation is needed"),
        (lambda s: s.process(lambda v: v), "a ProcessFunction is needed"),
        (lambda s: s.key_by(str).process(Process()), "KeyedProcessFunction is required for KeyedStream"),
        (lambda s: s.key_by(str).sum(1.5), "must be an int or the name of a field"),
        (lambda s: s.sink_to("out"), "a sink is needed"),
        (lambda s: s.project(0), "Only Tuple DataStreams can be projected"),
        (lambda s: s.union(s.map(str, Types.STRING())), "Cannot union streams of different types"),
        (lambda s: s.slot_sharing_group(3), "a slot sharing group is given by its name"),
        (lambda s: s.rebalance().name("x"), "not the output of one operator"),
        (lambda s: s.union(s).uid("x"), "not the output of one operator"),
        (lambda s: s.key_by(str).name("x"), "Set name for KeyedStream is not supported"),
        (lambda s: s.key_by(str).set_parallelism(2), "Set parallelism for KeyedStream is not supported"),
        (lambda s: s.key_by(str).get_name(), "Get name of KeyedStream is not supported"),
        (lambda s: s.key_by(str).rebalance(), "Cannot override partitioning for KeyedStream"),
    ],
)
def test_wrong_kinds(use: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        use(stream())


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (lambda s: s.map(str).set_parallelism(0), "must be at least 1"),
        (lambda s: s.set_parallelism(2), "parallelism of non parallel operator must be 1"),
        (
            lambda s: s.map(str).force_non_parallel().set_parallelism(2),
            "parallelism of non parallel operator must be 1",
        ),
        (lambda s: s.map(str).set_max_parallelism(99999), "Maximum parallelism must be between 1 and 32768"),
        (lambda s: s.map(str).set_buffer_timeout(-2), "must be non-negative or -1"),
        (lambda s: s.map(str).uid(""), "must not be empty"),
        (lambda s: s.execute_and_collect(limit=0), "Limit must be greater than 0"),
        (lambda s: OutputTag(""), "cannot be None or empty"),
    ],
)
def test_wrong_values(use: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        use(stream())


def test_default_parallelism_can_be_asked_for() -> None:
    env = StreamExecutionEnvironment(Configuration()).set_parallelism(3)
    mapped = env.from_collection([1]).map(str).set_parallelism(7).set_parallelism(-1)
    assert mapped._transformation.parallelism == 3


def test_key_by_of_a_keyed_stream_starts_from_the_records() -> None:
    keyed = stream(PAIRS).key_by(lambda v: v[0]).key_by(lambda v: v[1])
    assert isinstance(keyed, KeyedStream)
    (wire,) = keyed._inputs
    assert wire.partitioner is not None
    assert wire.partitioner.key_selector(("a", 1)) == 1
