from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.exchange.elements import MIN_TIMESTAMP, RecordBatch
from penstock.runtime.batch.sorter import KeySorter, alternating
from penstock.runtime.batch.spool import Spool

KEYS = st.sampled_from(["a", "b", "c", ("d", 1), 5])
RECORDS = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers(-3, 3)), st.integers()), max_size=60)


def sort(sides: list[list[Any]], records_in_memory: int, batch_size: int) -> dict[Any, list[Any]]:
    sorter = KeySorter(len(sides), records_in_memory)
    for at in range(0, max(map(len, sides)), batch_size):
        for side, records in enumerate(sides):
            if part := records[at : at + batch_size]:
                keys, times, values = map(list, zip(*part, strict=True))
                sorter.add(side, RecordBatch(values, times, keys))
    found: dict[Any, list[Any]] = {}
    for key, group in sorter.groups():
        assert key not in found, "a key comes once"
        found[key] = list(group)
    sorter.close()
    return found


@given(RECORDS, st.sampled_from([1, 7, 1000]), st.integers(1, 9))
def test_each_key_comes_once_with_its_records_by_time_then_arrival(
    records: list[Any], records_in_memory: int, batch_size: int
) -> None:
    wanted: dict[Any, list[Any]] = defaultdict(list)
    for key, time, value in records:
        wanted[key].append((0, MIN_TIMESTAMP if time is None else time, value))
    for group in wanted.values():
        group.sort(key=lambda record: record[1])
    assert sort([records], records_in_memory, batch_size) == wanted


@given(RECORDS, RECORDS, st.integers(1, 9))
def test_two_inputs_are_the_same_from_disk_as_from_memory(left: list[Any], right: list[Any], batch_size: int) -> None:
    if left or right:
        assert sort([left, right], 3, batch_size) == sort([left, right], 1000, batch_size)


def test_inputs_alternate_where_their_times_are_equal() -> None:
    left = iter([(5, 1, "l1"), (5, 2, "l2"), (7, 3, "l3")])
    right = iter([(5, 4, "r1"), (5, 5, "r2"), (5, 6, "r3"), (6, 7, "r4")])
    assert [value for _, _, value in alternating([left, right])] == ["l1", "r1", "l2", "r2", "r3", "r4", "l3"]


def test_keys_come_in_their_own_order_where_they_have_one() -> None:
    assert list(sort([[("b", None, 1), ("a", None, 2)]], 10, 1)) == ["a", "b"]
    assert list(sort([[("b", None, 1), (4, None, 2)]], 10, 1)) == ["b", 4]


def test_a_spool_keeps_its_order_over_memory_and_disk() -> None:
    spool = Spool(3)
    for at in range(6):
        spool.add(RecordBatch([at, -at]))
    assert [batch.values for batch in spool.batches()] == [[at, -at] for at in range(6)]
