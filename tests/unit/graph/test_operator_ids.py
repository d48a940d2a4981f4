import os
import subprocess
import sys

import pytest

from penstock.common import Configuration
from penstock.datastream import StreamExecutionEnvironment
from penstock.graph.operator_ids import operator_ids

PROGRAM = """
from penstock.common import Configuration
from penstock.datastream import StreamExecutionEnvironment
from penstock.graph.operator_ids import operator_ids
env = StreamExecutionEnvironment(Configuration())
a = env.from_collection(["x"])
a.map(str).union(a.map(str)).key_by(len).sum().uid("sum").print()
print(*operator_ids(env._stream_graph(None)).values())
"""


def ids_in_another_process(hash_seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_ids_are_the_same_in_every_process() -> None:
    ids = ids_in_another_process("1")
    assert ids == ids_in_another_process("2")
    assert len(set(ids)) == 5
    assert all(len(i) == 32 and set(i) <= set("0123456789abcdef") for i in ids)


def environment() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment(Configuration())


def test_an_id_of_a_uid_does_not_depend_on_the_place() -> None:
    first, second = environment(), environment()
    first.from_collection([1]).map(str).uid("u").print()
    second.from_collection([1]).filter(bool).map(str).uid("u").name("renamed").print()
    assert operator_ids(first._stream_graph(None))[2] == operator_ids(second._stream_graph(None))[3]


def test_an_id_of_a_place_does_not_depend_on_names_and_parallelism() -> None:
    first, second = environment(), environment()
    first.from_collection([1]).map(str).print()
    second.from_collection([1]).map(len).name("renamed").set_parallelism(3).print()
    assert operator_ids(first._stream_graph(None)) == operator_ids(second._stream_graph(None))


def test_a_uid_hash_is_the_id() -> None:
    env = environment()
    env.from_collection([1]).map(str).uid("u").set_uid_hash("ABCDEF" + "0" * 26).print()
    assert operator_ids(env._stream_graph(None))[2] == "abcdef" + "0" * 26
    with pytest.raises(ValueError, match="32 character String"):
        env.from_collection([1]).map(str).set_uid_hash("abc")


def test_uids_must_be_unique() -> None:
    env = environment()
    env.from_collection([1]).map(str).name("a").uid("u").map(str).name("b").uid("u").print()
    with pytest.raises(ValueError, match="operators 'a' and 'b' have the same uid 'u'"):
        operator_ids(env._stream_graph(None))


def test_uids_can_be_demanded() -> None:
    env = environment()
    env.get_config().disable_auto_generated_uids()
    env.from_collection([1]).uid("in").map(str).name("nameless").print()
    with pytest.raises(ValueError, match="operator 'nameless' has no uid"):
        operator_ids(env._stream_graph(None))
