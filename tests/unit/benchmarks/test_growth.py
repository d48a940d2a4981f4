"""The points of the growth benchmark: what must come out of them, and how they are judged."""

import importlib
from collections import Counter
from itertools import groupby

import pytest
from benchmarks.command import JOBS
from benchmarks.growth import _counted, _judged, points


@pytest.mark.parametrize(("records", "keys"), [(1000, 1000), (2500, 100), (7, 1000)])
def test_running_counts_add_up_to_what_is_expected(records: int, keys: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(JOBS))
    functions = importlib.import_module("growth_functions")
    key, pair = functions.key, functions.pair_of(keys)
    counts: Counter[int] = Counter()
    total = 0
    for n in range(records):
        k = key(pair(n))
        counts[k] += 1
        total += counts[k]
    assert _counted("keys", keys, records, keys).sum == total


def test_each_axis_rises() -> None:
    for axis, found in groupby(points(10**6), lambda point: point.axis):
        at = [point.at for point in found]
        assert at == sorted(set(at)), axis
        assert len(at) > 1, axis


def test_keys_and_chains_are_judged_by_the_loop_and_records_by_themselves() -> None:
    costs = [("records", 1, 1.0, 1.0), ("records", 9, 1.3, 1.3), ("keys", 1, 1.0, 0.5), ("keys", 9, 2.0, 1.0)]
    costs += [("keys in RocksDB, 8 MB", 1, 1.0, 1.0), ("keys in RocksDB, 8 MB", 9, 5.0, 1.0)]
    rows = _judged([{"axis": a, "at": at, "us_cpu": own, "loop_us_cpu": loop} for a, at, own, loop in costs])
    assert [row["counts"] for row in rows] == [1.0, 1.3, 1.0, 1.0, 1.0, 5.0]
    assert [row["met"] for row in rows] == [True, False, True, True, None, None]
