"""Which new subtask begins with which former state."""

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given

from penstock.checkpoint.assignment import assign
from penstock.checkpoint.errors import IncompatibleSavepoint
from penstock.checkpoint.handles import (
    InFlightEdge,
    InlineHandle,
    KeyedHandle,
    ListHandle,
    OperatorHandle,
    Redistribution,
    StateMeta,
    SubtaskState,
)
from penstock.checkpoint.metadata import CheckpointMetadata, VertexState
from penstock.graph.key_groups import key_group_range
from penstock.state.watermark_state import META
from tests.checkpoints import Vertex, graph, metadata, operator_id

A, B = operator_id("a"), operator_id("b")


def keyed(subtask: int, vertex: Vertex) -> OperatorHandle:
    owned = key_group_range(subtask, vertex.parallelism, vertex.max_parallelism)
    handle = InlineHandle(data=b"")
    states = {"s": StateMeta(kind="value")}
    return OperatorHandle(
        keyed=KeyedHandle(start=owned.start, stop=owned.stop, handle=handle, groups={}, states=states)
    )


def listed(subtask: int, items: int, how: Redistribution = "split") -> OperatorHandle:
    handle = ListHandle(redistribution=how, handle=InlineHandle(data=b"%d" % subtask), items=items)
    return OperatorHandle(lists={"l": handle}, states={"l": StateMeta(kind="list")})


def with_keyed_state(vertex: Vertex) -> VertexState:
    states = [
        SubtaskState(
            operators={operator_id(letter): keyed(n, vertex) for letter in vertex.letters},
            channels=InlineHandle(data=b"%d" % n),
        )
        for n in range(vertex.parallelism)
    ]
    return vertex.state(states)


def with_lists(items: list[int], how: Redistribution = "split") -> VertexState:
    return Vertex("a", len(items)).state(
        [SubtaskState(operators={A: listed(n, count, how)}) for n, count in enumerate(items)]
    )


def assigned_items(found: CheckpointMetadata, parallelism: int) -> list[list[tuple[int, int]]]:
    """By new subtask: (former subtask, item)."""
    assignment = assign(found, graph(Vertex("a", parallelism)))
    return [
        [
            (int(part.handle.handle.data), item)  # type: ignore[union-attr]
            for part in assignment.subtask(A, n).operators[A].lists["l"]
            for item in part.items
        ]
        for n in range(parallelism)
    ]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(12, 200))
def test_every_key_group_goes_to_its_owner_once(before: int, now: int, maximum: int) -> None:
    found = metadata(with_keyed_state(Vertex("a", before, maximum)))
    assignment = assign(found, graph(Vertex("a", now, maximum)))
    seen: Counter[int] = Counter()
    for subtask in range(now):
        operator = assignment.subtask(A, subtask).operators[A]
        assert operator.subtasks == before
        for part in operator.keyed:
            assert len(part.wanted) > 0
            assert part.former == key_group_range(part.subtask, before, maximum)
            for group in part.wanted:
                assert group in part.former
                assert group in operator.owned
                seen[group] += 1
    assert seen == dict.fromkeys(range(maximum), 1)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=6), st.integers(1, 8))
def test_split_state_is_spread_evenly_and_once(items: list[int], now: int) -> None:
    got = assigned_items(metadata(with_lists(items)), now)
    assert sorted(item for subtask in got for item in subtask) == [
        (n, i) for n, c in enumerate(items) for i in range(c)
    ]
    if now == len(items):
        assert [len(subtask) for subtask in got] == items
    else:
        assert max(map(len, got)) - min(map(len, got)) <= 1
    assert got == assigned_items(metadata(with_lists(items)), now)


@pytest.mark.parametrize("now", [1, 2, 3])
def test_union_state_goes_to_all(now: int) -> None:
    got = assigned_items(metadata(with_lists([2, 1], "union")), now)
    assert got == [[(0, 0), (0, 1), (1, 0)]] * now


@pytest.mark.parametrize(("now", "copies"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 0])])
def test_broadcast_state_goes_to_each_once(now: int, copies: list[int]) -> None:
    got = assigned_items(metadata(with_lists([2, 2], "broadcast")), now)
    assert got == [[(n, 0), (n, 1)] for n in copies]


def test_operators_are_found_by_id_wherever_they_are_chained() -> None:
    found = metadata(with_keyed_state(Vertex("ab", 2)))
    assignment = assign(found, graph(Vertex("xb", 1), Vertex("a", 3)))
    assert [len(assignment.subtask(A, n).operators[A].keyed) for n in range(3)] == [1, 2, 1]
    operators = assignment.subtask(operator_id("x"), 0).operators
    assert operators[operator_id("x")].subtasks == 0
    assert [part.subtask for part in operators[B].keyed] == [0, 1]


def test_channel_state_is_the_own_or_that_of_all() -> None:
    found = metadata(with_keyed_state(Vertex("a", 2)))
    assert [n for n, _ in assign(found, graph(Vertex("a", 2))).subtask(A, 1).channels] == [1]
    assert [n for n, _ in assign(found, graph(Vertex("a", 3))).subtask(A, 1).channels] == [0, 1]
    assert assign(found, graph(Vertex("b", 2)), True).subtask(B, 1).channels == []


def test_state_that_nobody_takes_is_refused() -> None:
    found = metadata(with_keyed_state(Vertex("ab", uids={"b": "totals"})), savepoint=True)
    job = graph(Vertex("a"))
    with pytest.raises(IncompatibleSavepoint, match=r"has state of 'Operator b' \(uid 'totals'\).*same uid.*with -n"):
        assign(found, job)
    assert assign(found, job, True).subtask(A, 0).operators[A].subtasks == 1


def test_an_operator_without_state_may_go() -> None:
    vertex = Vertex("ab").state([SubtaskState(operators={A: keyed(0, Vertex("ab")), B: OperatorHandle()})])
    assign(metadata(vertex), graph(Vertex("a")))


def test_an_operator_with_nothing_but_event_time_may_go() -> None:
    left = listed(0, 1, "union")
    time = OperatorHandle(lists=left.lists, states=dict.fromkeys(left.lists, META))
    for gone, allowed in ((time, True), (left, False), (listed(0, 0), True)):
        found = metadata(Vertex("ab").state([SubtaskState(operators={A: keyed(0, Vertex("ab")), B: gone})]))
        if allowed:
            assign(found, graph(Vertex("a")))
        else:
            with pytest.raises(IncompatibleSavepoint):
                assign(found, graph(Vertex("a")))


def test_missing_state_begins_empty() -> None:
    assignment = assign(metadata(with_keyed_state(Vertex("a"))), graph(Vertex("a"), Vertex("b", 2)))
    found = assignment.subtask(B, 1)
    assert (found.ended, found.finished, found.channels) == (False, False, [])
    assert found.operators[B].subtasks == 0
    assert found.operators[B].owned == range(64, 128)


def test_another_max_parallelism_is_refused() -> None:
    found = metadata(with_keyed_state(Vertex("a", 2, 128)), savepoint=True)
    with pytest.raises(IncompatibleSavepoint, match=r"spread over 128 key groups.*set_max_parallelism\(128\)"):
        assign(found, graph(Vertex("a", 2, 256)))
    with pytest.raises(IncompatibleSavepoint, match=r"cannot run at parallelism 200.*max parallelism 128"):
        assign(found, graph(Vertex("a", 200, 256)))
    assign(metadata(with_lists([1])), graph(Vertex("a", 1, 256)))  # list state has no key groups


def test_a_checkpoint_of_another_job() -> None:
    found = metadata(with_keyed_state(Vertex("a")))
    other = graph(Vertex("a"), job="f" * 32)
    with pytest.raises(IncompatibleSavepoint, match="it is not its own"):
        assign(found, other, same_job=True)
    assert assign(found, other).subtask(A, 0).base is None
    own = assign(found, graph(Vertex("a")), same_job=True)
    assert own.subtask(A, 0).base == found.vertices[0].subtasks[0]
    assert assign(found, graph(Vertex("a", 2))).subtask(A, 0).base is None


ENDED, FINISHED = SubtaskState(ended=True), SubtaskState(finished=True)
LIVE = SubtaskState(operators={A: listed(0, 3)})
LISTED = SubtaskState(operators={A: listed(1, 4)}, ended=True)


def ends(states: list[SubtaskState], now: int) -> list[tuple[bool, bool]]:
    assignment = assign(metadata(Vertex("a", len(states)).state(states)), graph(Vertex("a", now)))
    return [(found.ended, found.finished) for found in (assignment.subtask(A, n) for n in range(now))]


def test_at_the_same_parallelism_everybody_has_ended_who_had() -> None:
    assert ends([ENDED, FINISHED, LIVE], 3) == [(True, False), (False, True), (False, False)]


def test_at_another_all_have_ended_if_all_had() -> None:
    assert ends([ENDED, FINISHED], 3) == [(True, False)] * 3
    assert ends([FINISHED, FINISHED], 1) == [(False, True)]
    found = metadata(Vertex("a", 2).state([FINISHED, FINISHED]))
    assert assign(found, graph(Vertex("a", 4))).finished(A)


def test_at_another_all_run_if_only_some_had_and_what_they_left_is_shared() -> None:
    assert ends([LIVE, LISTED], 3) == [(False, False)] * 3
    got = assigned_items(metadata(Vertex("a", 2).state([LIVE, LISTED])), 3)
    assert sorted(item for subtask in got for item in subtask) == [(0, 0), (0, 1), (0, 2), *((1, n) for n in range(4))]


def test_keyed_state_of_some_that_had_ended_cannot_be_rescaled() -> None:
    vertex = Vertex("a", 2)
    states = [SubtaskState(operators={A: keyed(n, vertex)}, ended=n == 1) for n in range(2)]
    found = metadata(vertex.state(states))
    with pytest.raises(IncompatibleSavepoint, match=r"subtask 1 of 'Operator a'.*had already ended.*at parallelism 2"):
        assign(found, graph(Vertex("a", 3)))
    assign(found, graph(vertex))


def test_operators_of_ended_and_live_vertices_are_not_chained() -> None:
    found = metadata(Vertex("a").state([ENDED]), Vertex("b").state([SubtaskState()]))
    with pytest.raises(IncompatibleSavepoint, match="chains operators of 'Operator a', 'Operator b'"):
        assign(found, graph(Vertex("ab")))
    assign(found, graph(Vertex("a"), Vertex("b")))


def in_flight(strategy: str, target: str = "b") -> CheckpointMetadata:
    edge = InFlightEdge(source=A, target=operator_id(target), strategy=strategy)
    consumer = [SubtaskState(in_flight=(edge,)), SubtaskState()]
    return metadata(Vertex("a", 2).state([SubtaskState()] * 2), Vertex(target, 2).state(consumer))


@pytest.mark.parametrize(("strategy", "fits"), [("HASH", True), ("REBALANCE", True), ("BROADCAST", False)])
def test_records_in_flight_need_an_edge_that_can_share_them_out(strategy: str, fits: bool) -> None:
    found = in_flight(strategy)
    assign(found, graph(Vertex("a", 2), Vertex("b", 2)))
    if fits:
        assign(found, graph(Vertex("a", 2), Vertex("b", 3)))
        return
    with pytest.raises(IncompatibleSavepoint, match=r"on a BROADCAST edge: .* cannot go from parallelism 2 to 3"):
        assign(found, graph(Vertex("a", 2), Vertex("b", 3)))


def test_records_in_flight_are_not_dropped_with_their_edge() -> None:
    with pytest.raises(IncompatibleSavepoint, match="does not join any more"):
        assign(in_flight("HASH"), graph(Vertex("a", 2), Vertex("c", 2)))
