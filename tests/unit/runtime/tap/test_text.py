"""Any record has a text: bounded, printable, and without harm."""

import signal
import time
from collections import deque, namedtuple
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.common.types import Row, RowKind
from penstock.runtime.interruption import Interrupted
from penstock.runtime.tap import text
from penstock.runtime.tap.time_limit import TimeLimit

# by a signal it would use the very timer that the limit uses
pytestmark = pytest.mark.timeout(60, method="thread")


def text_of(value: Any, longest: int) -> str:
    """With time enough, however busy the machine is."""
    return text.text_of(value, longest, TimeLimit(30.0))


Point = namedtuple("Point", "x y")


class Typed(NamedTuple):
    a: int


class Own(NamedTuple):
    a: int

    def __repr__(self) -> str:
        return "mine"


@dataclass
class Order:
    id: int
    items: list[str]


class Plain:
    def __init__(self) -> None:
        self.a, self.b = 1, "x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, "a", None), "(1, 'a', None)"),
        ((1,), "(1,)"),
        ({"k": [1.5, True]}, "{'k': [1.5, True]}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        (deque([1]), "deque([1])"),
        (b"\x00", "b'\\x00'"),
        (Point(1, "b"), "Point(x=1, y='b')"),
        (Typed(1), "Typed(a=1)"),
        (Own(1), "mine"),
        (Order(1, ["a"]), "Order(id=1, items=['a'])"),
        (Plain(), "Plain(a=1, b='x')"),
        (Row(a=1, b="c"), "Row(a=1, b='c')"),
        (Row.of_kind(RowKind.DELETE, 1), "-D:Row(1)"),
        (int, "<class 'int'>"),
    ],
)
def test_it_reads_like_the_repr(value: Any, expected: str) -> None:
    assert text_of(value, 100) == expected


class Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        raise self.error


class Wrong:
    def __repr__(self) -> str:
        return 3  # type: ignore[return-value]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), RecursionError(), GeneratorExit(), MemoryError()])
def test_a_repr_that_raises_is_told(error: BaseException) -> None:
    assert text_of([Raises(error), 1], 100) == f"[<Raises: its repr raises {type(error).__name__}>, 1]"


def test_what_ends_the_task_from_outside_goes_through() -> None:
    with pytest.raises(Interrupted):
        text_of(Raises(Interrupted()), 100)


def test_a_repr_that_is_no_text_is_told() -> None:
    assert text_of(Wrong(), 100) == "<Wrong: its repr raises TypeError>"


class Endless:
    def __repr__(self) -> str:
        while True:
            with suppress(Exception):
                time.sleep(0.001)


def test_a_repr_that_does_not_return_is_ended() -> None:
    before = signal.getsignal(signal.SIGALRM)
    assert text.text_of((1, Endless()), 100, TimeLimit(0.05)) == "(1, <Endless: its repr takes longer than 50 ms>"
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_alarm_of_the_users_own_stays() -> None:
    rang: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        assert text_of(Order(1, []), 100) == "Order(id=1, items=[])"
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        deadline = time.monotonic() + 10
        while not rang and time.monotonic() < deadline:
            time.sleep(0.01)
        assert rang
    finally:
        signal.signal(signal.SIGALRM, before)


class Huge:
    def __repr__(self) -> str:
        return "x" * 10_000_000


class Cyclic(list[Any]):
    pass


@pytest.mark.parametrize(
    "value",
    [
        "q" * 10_000_000,
        list(range(1_000_000)),
        Huge(),
        10**100_000,
        dict.fromkeys(range(100000), "v"),
        [[["x"] * 9] * 9] * 9,
    ],
    ids=["str", "list", "repr", "int", "dict", "nested"],
)
def test_what_is_huge_is_cut(value: Any) -> None:
    shown = text_of(value, 100)
    assert len(shown) <= 100
    assert shown.endswith("…") or shown.startswith("<int of")


def test_a_cycle_ends() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert text_of(cycle, 1000) == "[[[[[[[[<list>]]]]]]]]"


class Steers:
    def __repr__(self) -> str:
        return "\x1b[2Jgone\n\ud800"


def test_nothing_steers_a_terminal() -> None:
    shown = text_of(Steers(), 100)
    assert shown == "\\x1b[2Jgone\\n\\ud800"
    shown.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(value=JSON, longest=st.integers(20, 200))
def test_any_value_has_a_printable_text_within_bounds(value: Any, longest: int) -> None:
    shown = text_of(value, longest)
    assert 0 < len(shown) <= longest
    assert shown.isprintable()
    shown.encode()


@given(value=JSON)
def test_with_room_enough_it_is_the_repr(value: Any) -> None:
    expected = repr(value)
    if expected.isprintable() and len(expected) < 5000:
        shown = text_of(value, 5000)
        assert shown == expected or "<" in shown, "deeper than is shown"
