"""What of an input log is kept for a replay."""

from penstock.exchange.retention import Level, Retention


def test_a_log_is_kept_from_the_last_completed_checkpoint() -> None:
    retention = Retention(1000, (0, 1))
    retention.read((5, 0), 100)
    assert retention.position((6, 0)) == (0, 1)
    retention.snapshot(1, (4, 0))
    assert retention.position((6, 0)) == (0, 1), "it may yet fail"
    retention.completed(1)
    assert retention.has_moved
    assert retention.position((6, 0)) == (4, 0)
    assert retention.position((3, 0)) == (3, 0), "never beyond what is still to be looked at"
    assert retention.bytes == 100, "a piece that the position lies in is kept whole"
    retention.read((9, 0), 50)
    retention.snapshot(2, (9, 1))
    retention.completed(2)
    assert retention.bytes == 0


def test_only_a_checkpoint_that_this_attempt_has_a_part_in_counts() -> None:
    retention = Retention(1000, (0, 1))
    retention.begin((3, 0))
    retention.completed(7)
    assert retention.position((9, 0)) == (3, 0)


def test_each_level_is_told_once_until_a_checkpoint_is_decided() -> None:
    retention = Retention(100, (0, 1))
    retention.read((1, 0), 49)
    assert retention.news() is None
    retention.read((2, 0), 1)
    assert retention.news() is Level.HALF
    assert retention.news() is None and not retention.withholds
    retention.read((3, 0), 50)
    assert retention.news() is Level.FULL and retention.withholds
    retention.snapshot(1, (2, 1))
    retention.aborted(1)
    assert retention.news() is Level.FULL, "what was asked for did not come"
    retention.snapshot(2, (2, 1))
    retention.completed(2)
    assert retention.bytes == 50 and not retention.withholds
    assert retention.news() is Level.HALF


def test_switched_off_it_keeps_from_the_next_snapshot_on_until_that_is_decided() -> None:
    retention = Retention(100, (0, 1))
    retention.read((1, 0), 100)
    retention.snapshot(1, (1, 1))
    retention.off(2)
    assert retention.position((5, 0)) == (5, 0) and not retention.withholds
    retention.completed(1)
    assert retention.position((6, 0)) == (6, 0), "its position is trimmed already"
    retention.snapshot(2, (7, 0))
    assert retention.position((9, 0)) == (7, 0)
    retention.aborted(2)
    assert retention.position((9, 0)) == (9, 0)
    retention.snapshot(3, (9, 0))
    retention.read((20, 0), 60)
    retention.completed(3)
    assert retention.position((21, 0)) == (9, 0)
    assert retention.news() is Level.HALF


def test_a_barrier_that_comes_before_the_word_that_nothing_is_kept_counts() -> None:
    retention = Retention(100, (0, 1))
    retention.read((1, 0), 100)
    retention.snapshot(1, (1, 0))
    retention.snapshot(2, (5, 0))
    retention.off(2)
    assert retention.position((9, 0)) == (5, 0) and not retention.withholds
    assert retention.bytes == 0 and retention.has_moved
    retention.completed(2)
    retention.read((9, 0), 50)
    assert retention.position((9, 0)) == (5, 0) and retention.news() is Level.HALF


def test_a_barrier_that_comes_first_counts_no_longer_once_its_checkpoint_fails_or_the_bound_is_reached() -> None:
    failed, full = Retention(100, (0, 1)), Retention(100, (0, 1))
    for retention in (failed, full):
        retention.snapshot(2, (5, 0))
    failed.off(2)
    failed.aborted(2)
    assert failed.position((9, 0)) == (9, 0)
    full.read((7, 0), 100)
    full.off(2)
    assert full.position((9, 0)) == (9, 0) and not full.withholds


def test_a_checkpoint_of_before_does_not_bring_back_what_was_given_up() -> None:
    retention = Retention(100, (0, 1))
    retention.off(5)
    retention.snapshot(4, (3, 0))
    retention.completed(4)
    assert retention.position((9, 0)) == (9, 0)
    retention.snapshot(5, (9, 0))
    retention.completed(5)
    assert retention.position((12, 0)) == (9, 0)


def test_a_checkpoint_that_takes_too_long_after_it_was_switched_off_is_given_up() -> None:
    retention = Retention(100, (0, 1))
    retention.off(1)
    retention.snapshot(1, (2, 0))
    retention.read((3, 0), 100)
    assert not retention.is_on and not retention.withholds and retention.news() is None
    retention.completed(1)
    assert retention.position((4, 0)) == (4, 0)
