"""Flink's rules: forward edge, one input, same parallelism, same slot sharing group, chaining not switched off."""

from collections.abc import Callable

import pytest

from penstock.common import Configuration
from penstock.datastream import DataStream, StreamExecutionEnvironment
from penstock.graph.chaining import chain_name, chains


def names_of_chains(build: Callable[[StreamExecutionEnvironment], object], **settings: str) -> list[str]:
    env = StreamExecutionEnvironment(Configuration.from_dict({"parallelism.default": "2", **settings}))
    build(env)
    graph = env._stream_graph("job")
    return [chain_name(graph, chain) for chain in chains(graph)]


def source(env: StreamExecutionEnvironment, parallelism: int = 2) -> DataStream:
    """A map after a collection: something parallel to start from."""
    return env.from_collection([1]).map(id).name("in").set_parallelism(parallelism)


def same(x: object) -> object:
    return x


CASES: list[tuple[str, Callable[[StreamExecutionEnvironment], object], dict[str, str], list[str]]] = [
    ("same parallelism", lambda e: source(e).map(same).filter(bool).print(), {}, ["in -> Map -> Filter -> P"]),
    ("other parallelism", lambda e: source(e).map(same).set_parallelism(3).print(), {}, ["in", "Map", "P"]),
    ("back to the same", lambda e: source(e, 3).map(same).print().set_parallelism(3), {}, ["in", "Map", "P"]),
    ("explicit forward", lambda e: source(e).forward().map(same).print(), {}, ["in -> Map -> P"]),
    ("rebalance", lambda e: source(e).rebalance().map(same).print(), {}, ["in", "Map -> P"]),
    ("rescale", lambda e: source(e).rescale().map(same).print(), {}, ["in", "Map -> P"]),
    ("shuffle", lambda e: source(e).shuffle().map(same).print(), {}, ["in", "Map -> P"]),
    ("broadcast", lambda e: source(e).broadcast().map(same).print(), {}, ["in", "Map -> P"]),
    ("key_by", lambda e: source(e).key_by(same).map(same).print(), {}, ["in", "Map -> P"]),
    ("key_by, reduce", lambda e: source(e).key_by(same).reduce(max).print(), {}, ["in", "Reduce -> P"]),
    (
        "partition_custom",
        lambda e: source(e).partition_custom(lambda k, n: 0, same).map(same).print(),
        {},
        ["in", "Map -> P"],
    ),
    ("disabled", lambda e: source(e).map(same).disable_chaining().print(), {}, ["in", "Map", "P"]),
    ("new chain", lambda e: source(e).map(same).start_new_chain().print(), {}, ["in", "Map -> P"]),
    ("sink disabled", lambda e: source(e).map(same).print().disable_chaining(), {}, ["in -> Map", "P"]),
    (
        "all disabled",
        lambda e: source(e).map(same).print(),
        {"pipeline.operator-chaining": "false"},
        ["in", "Map", "P"],
    ),
    ("group", lambda e: source(e).map(same).slot_sharing_group("g").print(), {}, ["in", "Map -> P"]),
    (
        "other max parallelism",
        lambda e: source(e).map(same).set_max_parallelism(64).print(),
        {},
        ["in -> Map -> P"],
    ),
    (
        "other max parallelism, strict",
        lambda e: source(e).map(same).set_max_parallelism(64).print(),
        {"pipeline.operator-chaining.chain-operators-with-different-max-parallelism": "false"},
        ["in", "Map", "P"],
    ),
    ("union", lambda e: (s := source(e)).union(s.map(same)).map(same).print(), {}, ["in -> Map", "Map -> P"]),
    ("twice the same", lambda e: (s := source(e)).union(s).map(same).print(), {}, ["in", "Map -> P"]),
    (
        "branches",
        lambda e: [(s := source(e)).map(same).filter(bool).print(), s.print("b")],
        {},
        ["in -> (Map -> Filter -> P, P)"],
    ),
    (
        "one branch is cut",
        lambda e: [(s := source(e)).map(same).print(), s.key_by(same).map(same).print()],
        {},
        ["in -> Map -> P", "Map -> P"],
    ),
]


@pytest.mark.parametrize(("build", "settings", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_rule(
    build: Callable[[StreamExecutionEnvironment], object], settings: dict[str, str], expected: list[str]
) -> None:
    found = [name.replace("Sink: Print to Std. Out", "P") for name in names_of_chains(build, **settings)]
    assert found == ["Source: Collection Source", *expected]


def test_a_source_chains_with_what_follows() -> None:
    chained = names_of_chains(lambda e: e.from_collection([1]).map(same).set_parallelism(1).print().set_parallelism(1))
    assert chained == ["Source: Collection Source -> Map -> Sink: Print to Std. Out"]
