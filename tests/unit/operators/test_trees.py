"""Chains in which an operator has several consumers, side outputs, and chains too deep for CPython."""

import linecache
import traceback
from typing import Any

import pytest

from penstock.datastream.output_tag import OutputTag
from penstock.exchange.elements import Watermark
from penstock.operators.specs import FilterSpec, FlatMapSpec, MapSpec, ProcessSpec
from tests.unit.operators.chains import Built, Writer


def test_several_consumers_each_get_every_record_in_their_order() -> None:
    seen: list[Any] = []

    def first(v: int) -> bool:
        seen.append(("first", v))
        return v > 1

    def second(v: int) -> int:
        seen.append(("second", v))
        return v * 10

    specs = [MapSpec(lambda v: v), FilterSpec(first), MapSpec(second)]
    built = Built(
        specs,
        {(0, None): [1, 2]},
        {(0, None): Writer(), (1, None): Writer(), (2, None): Writer()},
    )
    built.chain.process_values([1, 2])
    assert [w.values for w in built.writers.values()] == [[1, 2], [2], [10, 20]]
    assert seen == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]


def test_values_are_shared_by_reference() -> None:
    specs = [MapSpec(lambda v: v), MapSpec(lambda v: v.append(1) or v), MapSpec(len)]
    built = Built(specs, {(0, None): [1, 2]}, {(2, None): Writer()})
    built.chain.process_values([[]])
    assert built.out.values == [1]


LATE, ODD = OutputTag("late"), OutputTag("odd")


def split_up(value: int) -> Any:
    yield value
    yield LATE, -value
    if value % 2:
        yield ODD, value * 10


class Sort:
    def process_element(self, value: Any, ctx: Any) -> Any:
        return split_up(value)


def test_side_outputs_go_to_their_consumers_and_are_dropped_where_there_is_none() -> None:
    writers: dict[tuple[int, str | None], Writer] = {(0, None): Writer(), (0, "late"): Writer(), (1, None): Writer()}
    built = Built([ProcessSpec(Sort()), MapSpec(lambda v: -v)], {(0, "late"): [1]}, writers)
    built.chain.process_values([1, 2])
    assert [w.values for w in writers.values()] == [[1, 2], [-1, -2], [1, 2]]


def test_flat_map_has_side_outputs_where_somebody_takes_them() -> None:
    writers: dict[tuple[int, str | None], Writer] = {(0, None): Writer(), (0, "odd"): Writer()}
    built = Built([FlatMapSpec(split_up)], {}, writers)
    built.chain.process_values([1])
    assert [w.values for w in writers.values()] == [[1], [10]]

    alone = Built([FlatMapSpec(split_up)])
    alone.chain.process_values([2])
    assert alone.out.values == [2, (LATE, -2)]


def test_watermarks_reach_every_output_once() -> None:
    writers: dict[tuple[int, str | None], Writer] = {(0, None): Writer(), (0, "odd"): Writer(), (1, None): Writer()}
    built = Built([ProcessSpec(Sort()), MapSpec(str)], {(0, None): [1]}, writers)
    built.chain.process_watermark(7)
    built.chain.process_watermark(7)
    built.chain.process_watermark(5)
    assert [w.controls for w in writers.values()] == [[Watermark(7)]] * 3


@pytest.mark.parametrize("depth", [5, 25, 70])
def test_chains_deeper_than_cpython_nests_blocks(depth: int) -> None:
    built = Built([FlatMapSpec(lambda v: (v + 1,)) for _ in range(depth)])
    built.chain.process_values([0, 10])
    assert built.out.values == [depth, depth + 10]


def test_deep_trees_of_filters() -> None:
    depth = 150
    specs = [FilterSpec(lambda v, n=n: v > n) for n in range(depth)]
    writers: dict[tuple[int, str | None], Writer] = {(n, None): Writer() for n in range(depth)}
    built = Built(specs, {(n, None): [n + 1] for n in range(depth - 1)}, writers)
    built.chain.process_values([3, 1000, 0])
    assert [w.values for w in writers.values()] == [[3, 1000] if n < 3 else [1000] for n in range(depth)]


def test_branching_at_every_level() -> None:
    # a filter whose record has another consumer after it must not end the record
    depth = 30
    specs: list[Any] = []
    wiring: dict[tuple[int, str | None], list[int]] = {}
    writers: dict[tuple[int, str | None], Writer] = {}
    for n in range(depth):
        specs += [FilterSpec(lambda v, n=n: v % (n + 2)), MapSpec(lambda v: v + 1)]
        head = 2 * n
        if n:
            wiring[(head - 1, None)] = [head, head + 1]
        writers[(head, None)] = Writer()
    # the first pair: the filter is the head, the map hangs behind it
    wiring[(0, None)] = [1]
    built = Built(specs, wiring, writers)
    built.chain.process_values([1])
    value, expected = 1, []
    for n in range(depth):
        if n == 0:
            expected.append([value] if value % 2 else [])
        else:
            expected.append([value] if value % (n + 2) else [])
        value += 1
    assert [w.values for w in writers.values()] == expected


def test_tracebacks_show_the_generated_line_and_closing_forgets_it() -> None:
    built = Built([MapSpec(lambda v: v), FlatMapSpec(lambda v: 5)])
    with pytest.raises(TypeError) as caught:
        built.chain.process_values([1])
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert frame.filename.startswith("<penstock chain test")
    assert frame.line is not None and frame.line.startswith("for v")
    built.chain.close()
    assert frame.filename not in linecache.cache
