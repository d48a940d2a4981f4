"""Who is declared dead, and above all who is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.coordination.liveness import Liveness

FAST = 0.001


def test_silent_for_the_timeout_is_lost() -> None:
    liveness = Liveness(2.5)
    for tenth in range(25):
        assert liveness.observe({"a": "i 1"}, tenth / 10, FAST) == set()
    assert liveness.observe({"a": "i 1"}, 2.5, FAST) == {"a"}
    assert liveness.observe({"a": "i 1"}, 2.6, FAST) == {"a"}, "until it is forgotten"


def test_a_missing_beat_is_a_beat_that_does_not_change() -> None:
    liveness = Liveness(1.0)
    assert liveness.observe({"a": "i 1"}, 0.0, FAST) == set()
    assert liveness.observe({"a": None}, 0.5, FAST) == set(), "its key expired: that alone says nothing"
    assert liveness.observe({"a": None}, 1.0, FAST) == set()
    assert liveness.observe({"a": None}, 1.5, FAST) == {"a"}


def test_a_changed_beat_is_life_even_of_another_incarnation() -> None:
    liveness = Liveness(1.0)
    liveness.observe({"a": "i 5"}, 0.0, FAST)
    liveness.observe({"a": "i 5"}, 0.5, FAST)
    assert liveness.observe({"a": "i2 1"}, 1.0, FAST) == set()
    assert liveness.observe({"a": "i2 1"}, 1.5, FAST) == set()
    assert liveness.observe({"a": "i2 1"}, 2.0, FAST) == {"a"}


def test_time_with_slow_round_trips_counts_against_nobody() -> None:
    liveness = Liveness(1.0)
    liveness.observe({"a": "i 1"}, 0.0, FAST)
    for second in range(1, 60):
        assert liveness.observe({"a": "i 1"}, float(second), 0.9) == set()
    assert liveness.observe({"a": "i 1"}, 60.0, FAST) == set(), "the first fast one starts counting anew"
    assert liveness.observe({"a": "i 1"}, 60.5, FAST) == set()
    assert liveness.observe({"a": "i 1"}, 61.0, FAST) == {"a"}


def test_an_observer_that_was_paused_has_seen_nothing() -> None:
    liveness = Liveness(1.0)
    liveness.observe({"a": "i 1"}, 0.0, FAST)
    assert liveness.observe({"a": "i 1"}, 1000.0, FAST) == set()


def test_a_reconnect_starts_anew() -> None:
    liveness = Liveness(1.0)
    liveness.observe({"a": "i 1"}, 0.0, FAST)
    liveness.observe({"a": "i 1"}, 0.5, FAST)
    liveness.restart()
    assert liveness.observe({"a": "i 1"}, 1.0, FAST) == set()
    assert liveness.observe({"a": "i 1"}, 1.5, FAST) == set()
    assert liveness.observe({"a": "i 1"}, 2.0, FAST) == {"a"}


def test_after_an_outage_each_has_more_time_until_his_next_beat() -> None:
    liveness = Liveness(1.0)
    beats: dict[str, str | None] = {"known": "1", "back": "1"}
    liveness.observe(beats, 0.0, 0.0)
    liveness.restart(5.0)
    for now in (10.0, 10.5, 11.0, 11.5, 12.0):
        assert liveness.observe({**beats, "new": "1"}, now, 0.0) == set()
    beats["back"] = "2"
    assert liveness.observe({**beats, "new": "1"}, 12.5, 0.0) == set()
    assert liveness.observe({**beats, "new": "1"}, 13.0, 0.0) == set()
    assert liveness.observe({**beats, "new": "1"}, 13.5, 0.0) == {"back"}, "it was back, and is held to account"
    for now in (14.0, 14.5, 15.0, 15.5):
        assert liveness.observe({**beats, "new": "1"}, now, 0.0) == {"back"}
    assert liveness.observe({**beats, "new": "1"}, 16.0, 0.0) == {"back", "known", "new"}
    assert "later" not in liveness.observe({**beats, "later": "1"}, 16.5, 0.0)
    assert "later" not in liveness.observe({**beats, "later": "1"}, 17.0, 0.0)
    assert "later" in liveness.observe({**beats, "later": "1"}, 17.5, 0.0), "the grace is over"


def test_who_is_no_longer_watched_is_forgotten() -> None:
    liveness = Liveness(1.0)
    liveness.observe({"a": "i 1"}, 0.0, FAST)
    liveness.observe({"a": "i 1"}, 0.5, FAST)
    assert liveness.observe({}, 1.0, FAST) == set()
    assert liveness.observe({"a": "i 1"}, 1.5, FAST) == set(), "watched anew"


def test_a_timeout_must_be_positive() -> None:
    with pytest.raises(ValueError, match="got 0 s"):
        Liveness(0)


@given(
    timeout=st.floats(0.5, 10.0),
    gaps=st.lists(st.floats(0.0, 20.0), min_size=1, max_size=60),
    beats_seen=st.data(),
)
def test_one_that_shows_life_in_every_window_is_never_lost(
    timeout: float, gaps: list[float], beats_seen: st.DataObject
) -> None:
    """Whatever the observer's pauses and round trips: a beat that changed since the last observation is life."""
    liveness = Liveness(timeout)
    now, counter = 0.0, 0
    for gap in gaps:
        now += gap
        counter += beats_seen.draw(st.integers(1, 3))
        round_trip = beats_seen.draw(st.sampled_from([0.0001, timeout / 10, timeout]))
        assert liveness.observe({"a": f"i {counter}"}, now, round_trip) == set()


@given(timeout=st.floats(0.5, 10.0), steps=st.lists(st.tuples(st.floats(0.0, 20.0), st.booleans()), max_size=60))
def test_nobody_is_lost_before_the_timeout_of_healthy_time(timeout: float, steps: list[tuple[float, bool]]) -> None:
    """The bound from both sides: lost exactly when the healthy time reaches the timeout."""
    liveness = Liveness(timeout)
    now, healthy, previous_fast, first = 0.0, 0.0, False, True
    for gap, fast in steps:
        now += gap
        # Elapsed as the observer computes it: by two clock readings.
        elapsed = now - (now - gap) if not first else 0.0
        lost = liveness.observe({"a": "i 1"}, now, 0.0 if fast else timeout)
        if fast and previous_fast:
            healthy += min(elapsed, timeout / 2)
        if not first and abs(healthy - timeout) > 1e-6:
            assert lost == ({"a"} if healthy >= timeout else set())
        previous_fast, first = fast, False


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.sets(st.sampled_from("abc"))), max_size=40))
def test_the_watched_are_judged_one_by_one(steps: list[tuple[float, set[str]]]) -> None:
    """Watching others changes nothing for one."""
    together, alone = Liveness(2.0), {name: Liveness(2.0) for name in "abc"}
    counters = dict.fromkeys("abc", 0)
    now = 0.0
    for gap, beating in steps:
        now += gap
        for name in beating:
            counters[name] += 1
        lost = together.observe({name: f"i {counters[name]}" for name in "abc"}, now, FAST)
        separately = [alone[name].observe({name: f"i {counters[name]}"}, now, FAST) for name in "abc"]
        assert lost == set().union(*separately)
