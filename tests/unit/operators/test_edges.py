import pickle
from typing import Any

import pytest

from penstock.exchange.elements import RecordBatch
from penstock.graph.job_graph import JobEdge
from penstock.graph.key_groups import key_group, subtask_of
from penstock.operators import partitioning
from penstock.operators.specs import CustomPartitionerSpec, HashPartitionerSpec, MapSpec
from tests.unit.operators.chains import Built, Writer


def sent(strategy: Any, values: list[Any], targets: int = 3, spec: Any = None, times: Any = None) -> list[Any]:
    edge = JobEdge(source="a", source_operator=0, target="b", strategy=strategy)
    writer = Writer(targets)
    built = Built([MapSpec(lambda v: v)], {}, {(0, None): writer}, edge, spec)
    for at in range(0, len(values), 4):
        built.chain.process(RecordBatch(values[at : at + 4], None if times is None else times[at : at + 4]))
    return writer.arrived


def by_target(arrived: list[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for i, value, *_ in arrived:
        found.setdefault(i, []).append(value)
    return found


def test_hash_sends_each_key_to_its_subtask_with_its_key() -> None:
    arrived = sent("HASH", [f"word{n % 17}" for n in range(60)], 4, HashPartitionerSpec(lambda v: v[2:]))
    for target, value, _, key in arrived:
        assert key == value[2:]
        assert target == subtask_of(key_group(key, 128), 4, 128)
    assert len(arrived) == 60


@pytest.mark.parametrize("key", ["", "word", "Größe", "\ud800", 17, 2.5, ("a", 1), None])
def test_every_kind_of_key_goes_where_its_state_is(key: Any) -> None:
    ((target, *_),) = sent("HASH", [1], 4, HashPartitionerSpec(lambda _: key))
    assert target == subtask_of(key_group(key, 128), 4, 128)


def test_hash_keeps_the_order_of_each_target() -> None:
    for values in by_target(sent("HASH", list(range(100)), 4, HashPartitionerSpec(lambda v: v % 10))).values():
        assert values == sorted(values)


def test_equal_numbers_go_to_one_subtask() -> None:
    arrived = sent("HASH", [1, 1.0, True, 2, 2.0], 4, HashPartitionerSpec(lambda v: v))
    assert len({a[0] for a in arrived if a[1] == 1}) == len({a[0] for a in arrived if a[1] == 2}) == 1


def test_the_cache_of_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitioning, "CACHED_KEYS", 8)
    arrived = sent("HASH", list(range(100)) * 2, 4, HashPartitionerSpec(lambda v: v))
    assert all(target == subtask_of(key_group(value, 128), 4, 128) for target, value, *_ in arrived)


def test_a_key_that_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        sent("HASH", [1], 4, HashPartitionerSpec(lambda v: [v]))


def test_rebalance_deals_round_by_round_over_batches() -> None:
    assert by_target(sent("REBALANCE", list(range(10)))) == {0: [0, 3, 6, 9], 1: [1, 4, 7], 2: [2, 5, 8]}


def test_rescale_and_timestamps() -> None:
    assert sent("RESCALE", [1, 2], 2, times=[10, 20]) == [(0, 1, 10, None), (1, 2, 20, None)]


def test_broadcast_sends_all_to_all() -> None:
    assert by_target(sent("BROADCAST", list(range(6)))) == {i: list(range(6)) for i in range(3)}


def test_global_sends_all_to_the_first() -> None:
    assert by_target(sent("GLOBAL", list(range(6)))) == {0: list(range(6))}


def test_shuffle_loses_nothing_and_repeats_itself() -> None:
    values = list(range(200))
    first = by_target(sent("SHUFFLE", values))
    assert sorted(v for part in first.values() for v in part) == values
    assert set(first) == {0, 1, 2}
    assert by_target(sent("SHUFFLE", values)) == first


def test_custom_partitioner() -> None:
    spec = CustomPartitionerSpec(lambda key, n: key % n, lambda v: v // 10)
    assert by_target(sent("CUSTOM", [10, 20, 30, 45], 3, spec)) == {1: [10, 45], 2: [20], 0: [30]}


@pytest.mark.parametrize("answer", [-1, 3, 99])
def test_a_custom_partitioner_out_of_range(answer: int) -> None:
    with pytest.raises(IndexError, match=f"edge 0 returned {answer}; it has to return 0 to 2"):
        sent("CUSTOM", [1], 3, CustomPartitionerSpec(lambda key, n: answer, lambda v: v))


def test_an_exception_in_the_key_selector_comes_at_its_record() -> None:
    edge = JobEdge(source="a", source_operator=0, target="b", strategy="HASH")
    writer = Writer(2)
    built = Built([MapSpec(lambda v: v)], {}, {(0, None): writer}, edge, HashPartitionerSpec(lambda v: v[0]))
    with pytest.raises(IndexError):
        built.chain.process_values(["a", "b", "", "c"])
    assert sorted(writer.values) == ["a", "b"]


@pytest.mark.parametrize(
    ("key", "why"), [([1], "unhashable type: 'list'"), ((n for n in (1, 2)), "cannot pickle 'generator' object")]
)
def test_what_cannot_be_a_key_is_shown_with_the_reason(key: object, why: str) -> None:
    with pytest.raises(TypeError, match=f"edge 0: .* cannot be a key: {why}.*a tuple rather than a list") as raised:
        sent("HASH", [1], 2, HashPartitionerSpec(lambda v: key))
    assert raised.value.__suppress_context__


def test_a_partitioner_spec_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="needs a HashPartitionerSpec"):
        sent("HASH", [1], 2, CustomPartitionerSpec(None, None))


def test_specs_travel_pickled() -> None:
    assert pickle.loads(pickle.dumps(HashPartitionerSpec(len))) == HashPartitionerSpec(len)


@pytest.mark.parametrize("strategy", ["REBALANCE", "SHUFFLE"])
@pytest.mark.parametrize("at", [0, 1, 17])
def test_a_restored_edge_goes_on_with_the_same_targets_in_other_batches(strategy: Any, at: int) -> None:
    whole = sent(strategy, list(range(60)))
    edge = JobEdge(source="a", source_operator=0, target="b", strategy=strategy)
    before = Built([MapSpec(lambda v: v)], {}, {(0, None): Writer(3)}, edge)
    for value in range(at):
        before.chain.process(RecordBatch([value]))
    (position,) = (e.snapshot() for e in before.chain.edges)
    writer = Writer(3)
    after = Built([MapSpec(lambda v: v)], {}, {(0, None): writer}, edge)
    after.chain.edges[0].restore(pickle.loads(pickle.dumps(position)))
    for first in range(at, 60, 7):
        after.chain.process(RecordBatch(list(range(first, min(60, first + 7)))))
    expected = {i: [v for v in values if v >= at] for i, values in by_target(whole).items()}
    assert by_target(writer.arrived) == expected
