"""Restart strategies against what Flink's documentation says of them, and the two differences."""

import pytest

from penstock.client.config import Configuration
from penstock.coordination.restart_strategy import RestartConfig, after_failure
from penstock.coordination.rows import RestartRow

P = "restart-strategy"


def config(kind: str | None = None, checkpointing: bool = True, **entries: str) -> RestartConfig:
    chosen = {} if kind is None else {f"{P}.type": kind}
    keys = {f"{P}.{kind}.{key.replace('_', '-')}": value for key, value in entries.items()}
    return RestartConfig.of(Configuration({**chosen, **keys}), checkpointing_enabled=checkpointing)


def pauses(
    of: RestartConfig, times: list[int], *, lost: bool = False, row: RestartRow | None = None
) -> list[int | None]:
    """The answer to a failure at each of these times, in ms."""
    found: list[int | None] = []
    remembered = row or RestartRow()
    for time in times:
        remembered, pause = after_failure(of, remembered, time, lost_process=lost, seed="job")
        found.append(pause)
    return found


@pytest.mark.parametrize("kind", ["none", "off", "disable"])
def test_none_never_restarts(kind: str) -> None:
    assert pauses(config(kind), [0], lost=True) == [None]


def test_without_checkpointing_the_default_is_none() -> None:
    assert pauses(config(checkpointing=False), [0]) == [None]


def test_with_checkpointing_the_default_is_the_exponential_delay_from_100_ms_for_ever() -> None:
    found = pauses(config("exponential-delay", jitter_factor="0"), [n * 1000 for n in range(8)])
    assert found == [100, 150, 225, 337, 505, 757, 1135, 1702]
    default = config()
    assert (default.kind.value, default.delay, default.max_delay, default.attempts) == (
        "exponential-delay",
        100,
        60_000,
        -1,
    )
    many = pauses(default, [n * 1000 for n in range(200)])
    assert None not in many and many[-1] is not None and 54_000 <= many[-1] <= 60_000


def test_fixed_delay_defaults_to_one_restart_after_a_second() -> None:
    assert pauses(config("fixed-delay"), [0, 10**9]) == [1000, None]


def test_fixed_delay() -> None:
    assert pauses(config("fixed-delay", attempts="3", delay="5 s"), [0, 1, 2, 3]) == [5000, 5000, 5000, None]
    assert pauses(config("fixed-delay", attempts="0"), [0]) == [None]


def test_a_lost_process_has_no_exception_where_the_user_chose_the_pause() -> None:
    assert pauses(config("fixed-delay"), [0], lost=True) == [1000]
    assert pauses(config("failure-rate"), [0], lost=True) == [1000]


def test_failure_rate() -> None:
    rate = config("failure-rate", max_failures_per_interval="2", failure_rate_interval="10 s", delay="300 ms")
    assert pauses(rate, [0, 4_000, 9_999]) == [300, 300, None]
    assert pauses(rate, [0, 4_000, 10_000, 14_000, 14_001]) == [300, 300, 300, 300, None]


def test_failure_rate_defaults_to_one_in_a_minute() -> None:
    assert pauses(config("failure-rate"), [0, 59_999]) == [1000, None]
    assert pauses(config("failure-rate"), [0, 60_000, 120_000]) == [1000, 1000, 1000]


def test_exponential_delay_is_bounded_and_grows_by_its_factor() -> None:
    found = config(
        "exponential-delay", initial_backoff="1 s", max_backoff="10 s", backoff_multiplier="3", jitter_factor="0"
    )
    assert pauses(found, [0, 1, 2, 3, 4]) == [1000, 3000, 9000, 10_000, 10_000]


def test_exponential_delay_begins_again_after_a_time_without_failures() -> None:
    found = config("exponential-delay", reset_backoff_threshold="1 min", jitter_factor="0")
    # the pause of 150 ms does not count
    assert pauses(found, [0, 1000, 61_149]) == [100, 150, 225]
    assert pauses(found, [0, 1000, 61_150]) == [100, 150, 100]


def test_exponential_delay_gives_up_where_it_is_bounded_and_counts_anew_after_a_reset() -> None:
    found = config(
        "exponential-delay", attempts_before_reset_backoff="2", reset_backoff_threshold="1 s", jitter_factor="0"
    )
    assert pauses(found, [0, 1, 2]) == [100, 150, None]
    assert pauses(found, [0, 1, 5000, 5001, 5002]) == [100, 150, 100, 150, None]


def test_the_first_restart_after_a_lost_process_has_no_delay() -> None:
    found = config("exponential-delay", reset_backoff_threshold="1 min", jitter_factor="0")
    assert pauses(found, [0, 1000, 2000, 100_000], lost=True) == [0, 150, 225, 0]


def test_jitter_is_within_its_part_and_the_same_for_the_same_failure() -> None:
    found = config("exponential-delay", initial_backoff="10 s", jitter_factor="0.2")
    firsts = [pauses(found, [time])[0] for time in range(200)]
    assert all(first is not None and 8_000 <= first <= 12_000 for first in firsts)
    assert len(set(firsts)) > 100
    assert pauses(found, [7]) == pauses(found, [7])


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"initial-backoff: 2000 ms is above restart-strategy.exponential-delay.max-backoff"
    ):
        config("exponential-delay", initial_backoff="2 s", max_backoff="1 s")
