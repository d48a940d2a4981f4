"""A slow function holds up neither its own results nor its cancellation for a whole batch."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.datastream import StreamExecutionEnvironment
from penstock.exchange.elements import RecordBatch
from penstock.runtime.poll_size import PollSize
from penstock.runtime.slices import Slices


def parts(slices: Slices, seconds_a_record: float) -> Iterator[RecordBatch]:
    while slices:
        part = slices.take()
        slices.took(len(part) * seconds_a_record, len(part))
        yield part


def batch(n: int) -> RecordBatch:
    return RecordBatch(list(range(n)), [10 * i for i in range(n)], [str(i) for i in range(n)])


@pytest.mark.parametrize("seconds_a_record", [0.0, 1e-4, 1.0])
def test_the_parts_are_the_batch(seconds_a_record: float) -> None:
    slices = Slices()
    for n in (1, 5, 3000):
        slices.put(batch(n))
        taken = list(parts(slices, seconds_a_record))
        whole = batch(n)
        assert [v for p in taken for v in p.values] == whole.values
        assert [t for p in taken for t in p.timestamps or ()] == whole.timestamps
        assert [k for p in taken for k in p.keys or ()] == whole.keys


def test_fast_functions_get_whole_batches_and_slow_ones_single_records() -> None:
    slices = Slices()
    slices.put(batch(30_000))
    list(parts(slices, 1e-7))
    slices.put(batch(4096))
    assert len(list(parts(slices, 1e-7))) == 1
    slices.put(batch(4096))
    list(parts(slices, 1.0))
    slices.put(batch(9))
    assert [len(p) for p in parts(slices, 1.0)] == [1] * 9


def test_no_timestamps_and_keys_stay_none() -> None:
    slices = Slices()
    slices.put(RecordBatch([1, 2, 3]))
    assert all(p.timestamps is None and p.keys is None for p in parts(slices, 1.0))


def test_the_first_poll_of_a_source_is_one_record() -> None:
    assert PollSize().records == 1


@pytest.mark.parametrize("apart", [False, True], ids=["beside the source", "behind an exchange"])
def test_first_results_come_before_the_batch_is_done(apart: bool) -> None:
    calls: list[Any] = []

    def slow(value: int) -> int:
        calls.append(value)
        time.sleep(0.06)
        return value

    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection(list(range(2000)))
    if apart:
        stream = stream.rebalance()
    with stream.map(slow).execute_and_collect() as results:
        assert next(iter(results)) == 0
    assert len(calls) < 20, "of 2,000 records that were there"
