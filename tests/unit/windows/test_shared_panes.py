"""What sliding windows cost: combinations of panes, counted."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.operators.windows.layout import WindowLayout
from penstock.operators.windows.shared_panes import SharedPanes


class Counted:
    """Concatenates, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, a: Any, b: Any) -> Any:
        self.calls += 1
        return a + b


@pytest.mark.parametrize("panes_a_window", [2, 10, 100])
def test_a_window_costs_a_few_combinations_however_many_panes_it_has(panes_a_window: int) -> None:
    combine = Counted()
    panes = {start: {"a": (start,)} for start in range(1000)}
    shared = SharedPanes(WindowLayout(panes_a_window, 1, 0), panes, combine)
    for start in range(1000 - panes_a_window):
        assert shared.window(start) == {"a": tuple(range(start, start + panes_a_window))}
    assert combine.calls <= 3 * 1000


def test_a_pane_that_changes_after_it_was_combined_counts() -> None:
    panes: dict[int, dict[str, tuple[Any, ...]]] = {start: {"a": (start,), "b": (-start,)} for start in range(20)}
    shared = SharedPanes(WindowLayout(5, 1, 0), panes, Counted())
    shared.window(0)
    shared.window(3)
    for pane in (4, 7):  # one before the boundary, one behind it
        panes[pane]["a"] += ("late",)
        panes[pane]["c"] = ("new",)
        for key in "ac":
            shared.changed(pane, key)
    window = shared.window(4)
    assert window["a"] == (4, "late", 5, 6, 7, "late", 8)
    assert window["b"] == (-4, -5, -6, -7, -8)
    assert window["c"] == ("new", "new")


def test_a_pane_that_comes_late_between_others_is_in_its_windows_only() -> None:
    panes = {44: {"a": (1,)}}
    shared = SharedPanes(WindowLayout(3, 1, 0), panes, Counted())
    assert shared.window(42) == {"a": (1,)}
    panes[43] = {"a": (2,)}
    shared.changed(43, "a")
    assert [shared.window(start) for start in (43, 44)] == [{"a": (2, 1)}, {"a": (1,)}]


def test_windows_whose_slide_has_many_panes_keep_few_combinations() -> None:
    combine = Counted()
    panes = {start: {"a": (start,)} for start in range(2000)}
    shared = SharedPanes(WindowLayout(1000, 999, 0), panes, combine)
    assert shared.window(0)["a"] == tuple(range(1000))
    assert len(shared._undo) == 2
    assert shared.window(999)["a"] == tuple(range(999, 1999))


def test_one_key_in_several_windows() -> None:
    panes = {start: {"a": (start,)} for start in range(0, 20, 2)}
    del panes[6]["a"]
    shared = SharedPanes(WindowLayout(6, 2, 0), panes, Counted())
    assert shared.of_key("a", 6, [6, 4, 2]) == {6: (8, 10), 4: (4, 8), 2: (2, 4)}
    assert shared.of_key("z", 6, [6, 4]) == {}


@given(
    size=st.integers(1, 40),
    slide=st.integers(1, 9),
    keys=st.lists(st.tuples(st.integers(0, 120), st.sampled_from("ab")), max_size=60),
    late=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 40), st.sampled_from("ab"), st.booleans()), max_size=12),
)
@settings(max_examples=200, deadline=None)
def test_windows_are_those_of_a_fold_over_all_panes(size: int, slide: int, keys: Any, late: Any) -> None:
    layout = WindowLayout(size, slide, 0)
    panes: dict[int, dict[str, tuple[int, ...]]] = {}
    for number, (time, key) in enumerate(keys):
        if layout.windows_of(layout.pane_of(time)):
            pane = panes.setdefault(layout.pane_of(time), {})
            pane[key] = (*pane.get(key, ()), number)
    shared = SharedPanes(layout, panes, Counted())

    def folded(start: int) -> dict[str, tuple[int, ...]]:
        window: dict[str, tuple[int, ...]] = {}
        for at in sorted(panes):
            if start <= at < start + size:
                for key, contents in panes[at].items():
                    window[key] = window.get(key, ()) + contents
        return window

    for start in range(layout.first_at(-size), 130, slide):
        assert shared.window(start) == folded(start)
        for when, back, key, is_asked in late:
            changed = layout.pane_of(start + size - 1 - back)
            if when != (start // slide) % 60 or not layout.windows_of(changed):
                continue
            pane = panes.setdefault(changed, {})
            pane[key] = (*pane.get(key, ()), -when)
            shared.changed(changed, key)
            ended = [w for w in layout.windows_of(changed) if w <= start]
            if is_asked and ended:
                assert shared.of_key(key, changed, ended) == {w: folded(w)[key] for w in ended}
