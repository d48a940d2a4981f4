"""What a soak calls growth."""

from collections.abc import Callable
from typing import Any

import pytest
from benchmarks.soak_samples import SNAPSHOT, Sample
from benchmarks.soak_verdict import judge

END = 600


def samples(memory: Callable[[int], dict[str, int]], stream: Callable[[int], int] = lambda at: 10) -> list[Sample]:
    return [Sample(float(at), memory(at), {"exchange": stream(at)}) for at in range(0, END + 1, 5)]


def lines(rate: float = 500.0, p99: Callable[[int], float] = lambda at: 9.0) -> list[dict[str, Any]]:
    return [
        {"subtask": n, "time": float(at), "results": rate * at, "p50_ms": 2.0, "p99_ms": p99(at)}
        for n in (0, 1)
        for at in range(0, END + 1, 5)
    ]


def steady(at: int) -> dict[str, int]:
    return {"slot 1": 80_000_000, "redis 2": 14_000_000}


def grown(rows: Any) -> list[str]:
    return [row.what for row in rows if not row.ok]


def test_what_stays_as_it_is_has_not_grown() -> None:
    assert grown(judge(samples(steady), lines(), 1000.0)) == []


def test_what_grows_in_the_beginning_only_has_not_grown() -> None:
    assert grown(judge(samples(lambda at: {"slot 1": 60_000_000 + min(at, 60) * 500_000}), lines(), 1000.0)) == []


def test_a_process_that_leaks_is_named() -> None:
    found = judge(samples(lambda at: {**steady(at), "slot 3": 60_000_000 + 20_000 * at}), lines(), 1000.0)
    assert grown(found) == ["slot 3"]


def test_a_process_that_is_gone_is_named_but_for_those_of_snapshots() -> None:
    found = judge(
        samples(lambda at: steady(at) if at > 300 else {**steady(at), "slot 3": 1, SNAPSHOT: 5}), lines(), 1000.0
    )
    assert grown(found) == ["slot 3"]


def test_a_stream_that_gets_longer_is_named() -> None:
    assert grown(judge(samples(steady, lambda at: at), lines(), 1000.0)) == ["longest stream, exchange"]


def test_latency_that_rises_is_named() -> None:
    found = grown(judge(samples(steady), lines(p99=lambda at: 5 + at / 50), 1000.0))
    assert found == ["latency p99, median of 5 s"]


def test_a_job_that_does_not_keep_up_is_named() -> None:
    assert grown(judge(samples(steady), lines(rate=450.0), 1000.0)) == ["records a second, asked for and had"]


def test_a_run_that_is_too_short_has_no_verdict() -> None:
    with pytest.raises(ValueError, match="longer"):
        judge(samples(steady)[:4], lines(), 1000.0)
