"""Lost and doubled are told apart; what a FileSink has not published does not count."""

from pathlib import Path

import pytest

from penstock.testing import assert_exactly_once, committed_lines, compare
from penstock.testing.fault_injector import FaultInjector


def test_lost_and_doubled_are_counted_apart() -> None:
    found = compare(["a", "b", "b", "x"], ["a", "a", "b", "c"])
    assert dict(found.lost) == {"a": 1, "c": 1} and dict(found.doubled) == {"b": 1, "x": 1}
    assert found and str(found).startswith("lost 2 (") and "doubled 2 (" in str(found)


def test_order_does_not_matter_and_counts_will_do() -> None:
    assert not compare(["b", "a", "a"], {"a": 2, "b": 1})
    assert_exactly_once({"a": 2}, ["a", "a"])


def test_the_error_names_examples() -> None:
    with pytest.raises(AssertionError, match=r"lost 3 \('a' x 3\); doubled 0"):
        assert_exactly_once([], ["a"] * 3)


def test_hidden_parts_are_not_published(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "part-0").write_text("one\ntwo\n")
    (tmp_path / "bucket" / ".part-1.inprogress").write_text("three\n")
    (tmp_path / "_SUCCESS").write_text("")
    assert committed_lines(tmp_path) == ["one", "two"]


def test_an_unknown_fault_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'kill everybody'.*kill slot"):
        FaultInjector(None, seed=1, faults=["kill everybody"])  # type: ignore[arg-type]
