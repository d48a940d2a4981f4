"""Summaries are Flink 2.3's (recorded from its StatsSummary)."""

import pytest

from penstock_dispatcher.stats_summary import stats_summary


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], {"min": 0, "max": 0, "avg": 0, "p50": "NaN", "p90": "NaN", "p95": "NaN", "p99": "NaN", "p999": "NaN"}),
        (
            [10, 20, 30, 45],
            {"min": 10, "max": 45, "avg": 26, "p50": 25.0, "p90": 45.0, "p95": 45.0, "p99": 45.0, "p999": 45.0},
        ),
        ([-1, 5], {"min": 5, "max": 5, "avg": 5, "p50": 5.0, "p90": 5.0, "p95": 5.0, "p99": 5.0, "p999": 5.0}),
    ],
)
def test_summary(values: list[int], expected: dict[str, object]) -> None:
    assert stats_summary(values) == expected


def test_percentiles_are_interpolated() -> None:
    summary = stats_summary([30, 45, 1, 2, 3, 4, 5, 6, 7, 8])
    assert summary["p50"] == 5.5
    assert summary["p90"] == pytest.approx(43.5)
