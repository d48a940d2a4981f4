import hashlib
import pickle
import sys

from penstock.common import Configuration, Types, WatermarkStrategy
from penstock.datastream import DataStream, OutputTag, ProcessFunction, StreamExecutionEnvironment
from penstock.datastream.connectors import NumberSequenceSource
from penstock.graph.compiled import CompiledJob
from penstock.graph.job_graph_generator import compile_job
from penstock.operators.specs import CustomPartitionerSpec, HashPartitionerSpec

JOB = "0" * 32


def compiled(env: StreamExecutionEnvironment) -> CompiledJob:
    return compile_job(env._stream_graph("a job"), job_id=JOB, configuration={"my.key": "1"})


def numbers(env: StreamExecutionEnvironment) -> DataStream:
    return env.from_source(NumberSequenceSource(0, 9), WatermarkStrategy.no_watermarks(), "numbers")


def environment(parallelism: int = 2) -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment(Configuration()).set_parallelism(parallelism)


class Splits(ProcessFunction):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> None:
        return None


def test_every_digest_is_that_of_a_blob() -> None:
    env = environment()
    numbers(env).map(str).key_by(len).reduce(max).print()
    job = compiled(env)
    assert job.graph.blobs() == set(job.blobs)
    assert all(hashlib.sha256(data).hexdigest() == digest for digest, data in job.blobs.items())
    assert (job.graph.name, job.graph.job_id, job.graph.configuration) == ("a job", JOB, {"my.key": "1"})
    assert job.graph.python_version == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert '"Source: numbers"' in job.graph.plan


def test_chains_and_edges() -> None:
    env = environment()
    numbers(env).map(str).key_by(len).reduce(max).print()
    graph = compiled(env).graph
    first, second = graph.vertices
    assert (first.name, second.name) == ("Source: numbers -> Map", "Reduce -> Sink: Print to Std. Out")
    assert (first.id, first.operators[0].outputs[0].target) == (first.operators[0].id, 1)
    (edge,) = graph.edges
    assert (edge.source, edge.source_operator, edge.target, edge.strategy) == (first.id, 1, second.id, "HASH")
    assert graph.slots_required() == 2


def test_partitioners_travel() -> None:
    env = environment()
    numbers(env).partition_custom(lambda key, n: key % n, lambda v: v // 2).map(str).key_by(len).print()
    job = compiled(env)
    custom, keyed = (pickle.loads(job.blobs[e.partitioner or ""]) for e in job.graph.edges)
    assert isinstance(custom, CustomPartitionerSpec)
    assert (custom.partitioner(5, 2), custom.key_selector(5)) == (1, 2)
    assert isinstance(keyed, HashPartitionerSpec)
    assert keyed.key_selector("ab") == 2


def test_a_key_selector_of_two_operators_is_one_blob() -> None:
    env = environment()
    keyed = numbers(env).key_by(str)
    keyed.sum().print("a")
    keyed.max().print("b")
    assert len({e.partitioner for e in compiled(env).graph.edges}) == 1


def test_side_outputs_within_a_chain_and_beyond() -> None:
    env = environment()
    tag = OutputTag("late", Types.LONG())
    main = numbers(env).process(Splits())
    main.get_side_output(tag).map(str).print()
    main.get_side_output(tag).rebalance().print()
    graph = compiled(env).graph
    head = graph.vertices[0]
    assert head.name == "Source: numbers -> PROCESS -> Map -> Sink: Print to Std. Out"
    assert [o.tag for o in head.operators[1].outputs] == ["late"]
    assert [(e.source_operator, e.tag, e.strategy) for e in graph.edges] == [(1, "late", "REBALANCE")]


def test_union_is_several_edges_into_one_head() -> None:
    env = environment()
    a, b, c = numbers(env), numbers(env), env.from_collection([1], Types.LONG())
    a.union(b, c).print()
    graph = compiled(env).graph
    assert [(e.strategy, e.target) for e in graph.edges] == [
        ("FORWARD", graph.vertices[3].id),
        ("FORWARD", graph.vertices[3].id),
        ("REBALANCE", graph.vertices[3].id),
    ]


def test_vertices_are_in_topological_order() -> None:
    env = environment()
    a = numbers(env)
    b = numbers(env)
    joined = b.rebalance().map(str).union(a.map(str).disable_chaining())
    joined.key_by(len).reduce(max).disable_chaining().print()
    graph = compiled(env).graph
    order = [v.id for v in graph.vertices]
    assert all(order.index(e.source) < order.index(e.target) for e in graph.edges)
