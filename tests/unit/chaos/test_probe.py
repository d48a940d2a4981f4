"""When a job is back, told from the moments at which its records came by."""

from tests.chaos.probe import longest_gap, recovered

RATE = 100.0


def steady(begin: float, end: float) -> list[float]:
    return [begin + n / RATE for n in range(round((end - begin) * RATE))]


def test_a_fault_that_does_not_show() -> None:
    assert recovered(steady(0, 10), 5.0, 10.0, RATE) == 0.0


def test_not_known_before_it_could_show() -> None:
    assert recovered(steady(0, 6), 5.0, 6.0, RATE) is None


def test_the_end_of_an_outage() -> None:
    times = steady(0, 5) + steady(7, 12)
    found = recovered(times, 5.0, 12.0, RATE)
    assert found is not None and 1.9 < found < 2.1
    assert 1.9 < longest_gap(times, 4.0, 9.0) < 2.1


def test_a_burst_is_no_recovery() -> None:
    burst = [6.0 + n / 10000 for n in range(60)]
    found = recovered(steady(0, 5) + burst + steady(8, 12), 5.0, 12.0, RATE)
    assert found is not None and found > 2.9


def test_a_pause_that_is_caught_up_with_at_once() -> None:
    caught_up = [5.3 + n / 1000 for n in range(30)]
    found = recovered(steady(0, 5) + caught_up + steady(5.33, 10), 5.0, 10.0, RATE)
    assert found is not None and 0.2 < found < 0.4


def test_still_away() -> None:
    assert recovered(steady(0, 5), 5.0, 30.0, RATE) is None


def test_a_gap_at_the_edge_counts() -> None:
    assert longest_gap([1.0, 2.0], 0.0, 5.0) == 3.0
