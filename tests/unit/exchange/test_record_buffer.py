from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.exchange.batch_size import BatchSize
from penstock.exchange.options import ExchangeOptions
from penstock.exchange.record_buffer import RecordBuffer

chunks = st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 6)), max_size=20)


@given(chunks)
def test_what_goes_in_comes_out_with_its_timestamps_and_keys(chunks: list[tuple[int, bool, int]]) -> None:
    buffer = RecordBuffer()
    given_in: list[tuple[Any, ...]] = []
    came_out: list[tuple[Any, ...]] = []

    def take(records: int) -> None:
        batch = buffer.take(records)
        times = batch.timestamps or [None] * len(batch)
        assert batch.keys is not None or not len(batch)
        came_out.extend(zip(batch.values, times, batch.keys or (), strict=True))

    n = 0
    for size, timed, taken in chunks:
        values = list(range(n, n + size))
        n += size
        times: list[int | None] | None = [v * 10 for v in values] if timed else None
        given_in += [(v, v * 10 if timed else None, -v) for v in values]
        buffer.add(values, times, [-v for v in values])
        if taken:
            take(taken)
    take(len(buffer))
    assert came_out == given_in


def test_a_list_alone_is_passed_on_by_reference() -> None:
    buffer, values = RecordBuffer(), [1, 2]
    buffer.add(values, None, None)
    assert buffer.take(2).values is values


def test_a_batch_takes_a_small_rest_along() -> None:
    buffer = RecordBuffer()
    buffer.add(list(range(11)), None, None)
    assert buffer.take(4).values == [0, 1, 2, 3]
    assert buffer.take(5).values == [4, 5, 6, 7, 8, 9, 10]
    assert not buffer.values


def test_batches_grow_to_the_wanted_size_and_shrink_at_once() -> None:
    size = BatchSize(32_000, 4096)
    assert size.records == 16, "the first batch is a probe"
    size.measured(16, 160)
    assert size.records == 3200
    size.measured(3200, 3200)
    assert size.records == 4096
    size.measured(3, 300)
    assert size.records == 4096, "a handful says nothing"
    size.measured(4096, 4096 * 32_000)
    assert size.records == 1
    size.measured(1, 64_000)
    assert size.records == 1
    size.measured(1, 100)
    size.measured(2, 200)
    assert size.records == 4, "full and small: records have become smaller"
    for _ in range(9):
        size.measured(size.records, 100 * size.records)
    assert size.records == 320


def test_an_edge_to_many_subtasks_has_smaller_batches() -> None:
    options = ExchangeOptions(entry_size=32 * 1024)
    sizes = {targets: options.among(targets).entry_size // 1024 for targets in (1, 2, 3, 8, 16, 1000)}
    assert sizes == {1: 32, 2: 32, 3: 21, 8: 8, 16: 4, 1000: 4}
    assert ExchangeOptions(entry_size=100).among(1000).entry_size == 100
