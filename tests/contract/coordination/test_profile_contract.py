"""Flame graphs: who wants one, and what slots have seen."""

import time

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.rows import ProfileRequest, StackSamples

pytestmark = pytest.mark.contract

HOW = ProfileRequest(samples=10, delay=0.05, depth=20)
SEEN = StackSamples(attempt=2, time=5, stacks=((("a", "b"), 3, 1), (("a",), 0, 2)))


def test_a_vertex_is_looked_at_for_a_while(coordination: Coordination) -> None:
    profiles = coordination.profiles
    assert profiles.asked("j", []) == {}
    assert profiles.asked("j", ["v", "w"]) == {}
    profiles.ask("j", "v", HOW, 60_000)
    assert profiles.asked("j", ["v", "w"]) == {"v": HOW}
    assert profiles.asked("other", ["v"]) == {}
    profiles.ask("j", "v", HOW, 1)
    deadline = time.monotonic() + 10
    while profiles.asked("j", ["v"]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert profiles.asked("j", ["v"]) == {}


def test_what_was_seen_of_each_subtask_comes_back(coordination: Coordination) -> None:
    profiles = coordination.profiles
    assert profiles.all("j", "v") == {}
    profiles.put("j", {}, 60_000)
    profiles.put("j", {("v", 1): SEEN, ("v", 0): StackSamples(attempt=0, time=4), ("w", 0): SEEN}, 60_000)
    newer = StackSamples(attempt=2, time=6)
    profiles.put("j", {("v", 1): newer}, 60_000)
    assert profiles.all("j", "v") == {0: StackSamples(attempt=0, time=4), 1: newer}
    assert profiles.all("j", "w") == {0: SEEN}
