"""Rates: counters over the last seconds of one attempt."""

from penstock.coordination.rows import SubtaskMetrics
from penstock.runtime.task_rates import TaskRates

TASK = ("v", 0)


def test_a_rate_is_what_the_counter_grew_by() -> None:
    rates = TaskRates(span=5.0)
    assert rates.rated(TASK, SubtaskMetrics(attempt=0, records_in=50), 10.0).records_in_rate == 0
    after = rates.rated(TASK, SubtaskMetrics(attempt=0, records_in=150, busy_ms=500), 12.0)
    assert (after.records_in_rate, after.busy_rate, after.records_out_rate) == (50.0, 250.0, 0.0)
    assert after.records_in == 150


def test_what_is_older_than_the_span_is_forgotten() -> None:
    rates = TaskRates(span=5.0)
    for second in range(20):
        # 100 a second for ten seconds, then nothing
        last = rates.rated(TASK, SubtaskMetrics(attempt=0, records_out=100 * min(second, 10)), float(second))
    assert last.records_out_rate == 0


def test_a_new_attempt_begins_anew_and_an_ended_one_has_no_rate() -> None:
    rates = TaskRates()
    rates.rated(TASK, SubtaskMetrics(attempt=0, records_in=1_000), 1.0)
    assert rates.rated(TASK, SubtaskMetrics(attempt=1, records_in=0), 2.0).records_in_rate == 0
    assert rates.rated(TASK, SubtaskMetrics(attempt=1, records_in=7), 3.0).records_in_rate == 7
    assert rates.rated(TASK, SubtaskMetrics(attempt=1, records_in=9, final=True), 4.0).records_in_rate == 0
