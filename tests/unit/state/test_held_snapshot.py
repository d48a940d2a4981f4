"""State whose values cannot change is held, and pickled later; what may change never is."""

import threading
from collections import namedtuple
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from penstock.graph.key_groups import key_group, key_group_range
from penstock.state import heap_snapshot, portable
from penstock.state.handover import hand_over
from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.held_snapshot import HeldSnapshot
from penstock.state.immutable import cannot_change
from penstock.state.snapshot import OperatorSnapshot
from penstock.state.timer_service import KeyedTimerService
from tests.unit.state.backends import content

Pair = namedtuple("Pair", "a b")


class Text(str):
    """Can have attributes."""


@pytest.mark.parametrize(
    "values",
    [[], [1, "a", b"b", None, 2.5, True, Decimal(1)], [("a", 1)], [("a", 1), 2], [("a", (1, ("b", 2.0)))], [()]],
)
def test_atoms_and_tuples_of_them_cannot_change(values: list[Any]) -> None:
    assert cannot_change(values)


@pytest.mark.parametrize(
    "value",
    [
        [1],
        {},
        {1},
        bytearray(b"a"),
        Pair(1, 2),
        Text("a"),
        (1, [2]),
        (1, (2, {})),
        (((((1,),),),),),
        datetime(2026, 1, 1),
        object(),
    ],
)
def test_whatever_else_may(value: Any) -> None:
    assert not cannot_change([1, ("a", 2), value])


def filled(monkeypatch: pytest.MonkeyPatch, values: dict[Any, Any]) -> HashMapKeyedStateBackend:
    monkeypatch.setattr(heap_snapshot, "AT_ONCE_ENTRIES", 10)
    backend = HashMapKeyedStateBackend(128)
    backend.table("t", "value").update(values)
    return backend


def test_it_is_the_state_at_its_moment_at_any_parallelism(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {n: ("x", n) for n in range(5_000)}
    backend = filled(monkeypatch, values)
    timers = KeyedTimerService(backend)
    for n in range(9):
        backend.key = n
        timers.register_event_time_timer(n)
    snapshot = backend.snapshot()
    assert isinstance(snapshot, HeldSnapshot)
    table = backend.table("t", "value")
    for n in range(5_000):
        table[n] = ("later", n)
    table["new"] = 1
    found: dict[Any, Any] = {}
    due = 0
    for subtask in range(3):
        restored = HashMapKeyedStateBackend(128)
        times = KeyedTimerService(restored)
        restored.restore(hand_over([OperatorSnapshot(snapshot)], subtask, 3, 128))
        own = {key: value for (_, key), value in content(restored).items()}
        assert all(key_group(key, 128) in key_group_range(subtask, 3, 128) for key in own)
        found |= own
        due += len(times.event_time)
    snapshot.release()
    assert found == values and due == 9


@pytest.mark.parametrize("odd", [[1], Text("a")])
def test_one_value_that_may_change_is_enough(monkeypatch: pytest.MonkeyPatch, odd: Any) -> None:
    backend = filled(monkeypatch, {**dict.fromkeys(range(100), 1), "odd": odd})
    for _ in range(2):
        snapshot = backend.snapshot()
        assert not isinstance(snapshot, HeldSnapshot)
        snapshot.release()


def test_only_so_much_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("HELD_ENTRIES", 99), ("HELD_BYTES", 50)):
        backend = filled(monkeypatch, dict.fromkeys(range(100), 1))
        with monkeypatch.context() as patch:
            patch.setattr(heap_snapshot, name, most)
            snapshot = backend.snapshot()
            assert not isinstance(snapshot, HeldSnapshot), name
            snapshot.release()
        if name == "HELD_BYTES":
            backend.table("t", "value").clear()
            backend.table("t", "value").update(dict.fromkeys(range(40), 1))
        assert isinstance(backend.snapshot(), HeldSnapshot), "there is less, or more is allowed"


def test_it_is_pickled_beside_a_task_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = filled(monkeypatch, dict.fromkeys(range(50000), ("x", 0)))
    snapshot, table = backend.snapshot(), backend.table("t", "value")
    again = HashMapKeyedStateBackend(128)
    thread = threading.Thread(
        target=lambda: again.restore(hand_over([OperatorSnapshot(snapshot)], 0, 1, 128)), daemon=True
    )
    thread.start()
    for n in range(50_000):
        table[n] = ("x", 1)
        table[-n - 1] = ("y", 1)
    thread.join(30)
    assert content(again) == {("t", n): ("x", 0) for n in range(50_000)}


def test_no_pickle_is_long_where_a_sample_misleads(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = filled(monkeypatch, dict.fromkeys(range(30000), "x"))
    backend.table("t", "value").update({f"large {n}": str(n) * 100_000 for n in range(100, 115)})
    snapshot = backend.snapshot()
    assert isinstance(snapshot, HeldSnapshot)
    sizes = [len(state) for _, state in snapshot.groups()]
    assert max(sizes) < 1_200_000 and sum(sizes) > 4_000_000
    again = HashMapKeyedStateBackend(128)
    again.restore(hand_over([OperatorSnapshot(snapshot)], 0, 1, 128))
    assert content(again) == content(backend)
    snapshot.release()
    with pytest.raises(AssertionError, match="released"):
        list(snapshot.groups())


def test_few_large_values_are_not_pickled_to_find_that_out(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = filled(monkeypatch, {n: str(n) * 100_000 for n in range(100, 300)})
    tried: list[int | None] = []
    original = portable._pickle

    def spy(operator: str, states: Any, limit: int | None) -> bytes:
        tried.append(limit)
        return original(operator, states, limit)

    monkeypatch.setattr(portable, "_pickle", spy)
    backend.snapshot().release()
    assert tried and max(limit or 1 << 60 for limit in tried) <= heap_snapshot.HELD_BYTES
    tried.clear()
    backend.snapshot().release()
    assert tried == [], "it was learnt that this is too much to hold"
