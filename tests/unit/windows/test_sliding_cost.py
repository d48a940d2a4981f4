"""What a record and a result of sliding windows cost, by size / slide: calls of the user's functions, counted."""

from collections.abc import Iterable
from typing import Any

import pytest

from penstock.common.time import Time
from penstock.datastream.functions import AggregateFunction
from penstock.datastream.window import EventTimeTrigger, SlidingEventTimeWindows
from penstock.exchange.elements import MAX_TIMESTAMP, RecordBatch
from penstock.operators.window_spec import WindowSpec
from tests.unit.operators.chains import Built

RATIOS = [1, 10, 100, 1000]
SLIDE, KEYS, SLIDES = 10, ("a", "b", "c"), 3000


class Counting(AggregateFunction):
    """Sums, and counts its calls."""

    def __init__(self) -> None:
        self.adds = self.merges = 0

    def create_accumulator(self) -> int:
        return 0

    def add(self, value: int, accumulator: int) -> int:
        self.adds += 1
        return accumulator + value

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        self.merges += 1
        return acc_a + acc_b


class Reducing:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, a: int, b: int) -> int:
        self.calls += 1
        return a + b


class Sliding:
    """An operator with windows of `ratio` slides. `records`, `results`: counted."""

    def __init__(self, ratio: int, contents: Any, function: Any, lateness: int = 0) -> None:
        assigner = SlidingEventTimeWindows.of(Time.milliseconds(SLIDE * ratio), Time.milliseconds(SLIDE))
        spec = WindowSpec(
            assigner=assigner,
            trigger=EventTimeTrigger(),
            contents=contents,
            function=function,
            allowed_lateness=lateness,
        )
        self.built, self.records = Built([spec]), 0

    def process(self, records: Iterable[tuple[Any, int]]) -> None:
        keys, times = zip(*records, strict=True)
        self.built.chain.process(RecordBatch([1] * len(keys), list(times), list(keys)))
        self.records += len(keys)

    def advance(self, watermark: int) -> None:
        self.built.chain.process_watermark(watermark)

    @property
    def results(self) -> list[Any]:
        return self.built.writers[0, None].values


def run(sliding: Sliding, disorder: int) -> None:
    """Each slide a record of each key, each up to `disorder` slides behind the newest; the watermark waits for them."""
    for n in range(SLIDES):
        sliding.process((key, max(0, n - (7 * n + i) % (disorder + 1)) * SLIDE + 1) for i, key in enumerate(KEYS))
        sliding.advance((n - disorder) * SLIDE)
    sliding.advance(MAX_TIMESTAMP)


@pytest.mark.parametrize("disorder", [0, 20])
@pytest.mark.parametrize("ratio", RATIOS)
def test_an_aggregate_costs_one_update_a_record_and_three_merges_a_result(ratio: int, disorder: int) -> None:
    function = Counting()
    sliding = Sliding(ratio, "aggregate", function)
    before = function.merges
    run(sliding, disorder)
    assert function.adds == sliding.records == SLIDES * len(KEYS)
    assert sum(sliding.results) == sliding.records * ratio
    assert function.merges - before <= 3 * len(sliding.results)


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_reduction_costs_one_call_a_record_and_three_a_result(ratio: int) -> None:
    function = Reducing()
    sliding = Sliding(ratio, "reduce", function)
    run(sliding, disorder=5)
    assert sum(sliding.results) == sliding.records * ratio
    assert function.calls <= sliding.records + 3 * len(sliding.results)


@pytest.mark.parametrize("lateness", [0, 15 * SLIDE])
@pytest.mark.parametrize("ratio", RATIOS)
def test_late_records_cost_a_logarithm_more(ratio: int, lateness: int) -> None:
    function = Counting()
    sliding = Sliding(ratio, "aggregate", function, lateness)
    before = function.merges
    for n in range(SLIDES):
        sliding.process((key, n * SLIDE + 1) for key in KEYS)
        # behind the watermark, and still in windows that have not ended or may fire again
        if n > 20 and (ratio > 10 or lateness):
            sliding.process([(KEYS[n % 2], (n - n % 10) * SLIDE - 9)])
        sliding.advance(n * SLIDE)
    sliding.advance(MAX_TIMESTAMP)
    assert function.adds == sliding.records
    # without lateness a record misses the windows that have ended before it came
    assert sum(sliding.results) >= SLIDES * len(KEYS) * ratio
    assert function.merges - before <= (5 + 3 * ratio.bit_length()) * len(sliding.results)


@pytest.mark.parametrize("ratio", RATIOS)
def test_what_waits_for_time_does_not_grow_with_the_windows_of_a_pane(ratio: int) -> None:
    sliding = Sliding(ratio, "reduce", max, lateness=3)
    sliding.process(("a", n * SLIDE) for n in range(50))
    operator: Any = sliding.built.chain.operators[0]
    assert len(operator._firing) == len(operator._cleaning) == 50
