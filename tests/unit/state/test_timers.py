from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.state.hash_map import HashMapKeyedStateBackend
from penstock.state.timer_service import KeyedTimerService, UnkeyedTimerService
from penstock.state.timers import TimerQueue


def drain(queue: TimerQueue, until: int) -> list[Any]:
    found = []
    while (due := queue.pop_due(until)) is not None:
        found.append(due)
    return found


operations = st.lists(
    st.tuples(st.sampled_from(["register", "delete", "pop"]), st.integers(0, 9), st.sampled_from("abc"))
)


@given(operations)
def test_a_queue_is_an_ordered_set_of_time_and_key(work: list[tuple[str, int, str]]) -> None:
    queue, model = TimerQueue(), []
    for what, timestamp, key in work:
        if what == "register":
            queue.register(timestamp, key)
            if (timestamp, key) not in model:
                model.append((timestamp, key))
        elif what == "delete":
            queue.delete(timestamp, key)
            model = [m for m in model if m != (timestamp, key)]
        else:
            due = sorted((m for m in model if m[0] <= timestamp), key=lambda m: m[0])
            assert drain(queue, timestamp) == due
            model = [m for m in model if m not in due]
        assert len(queue) == len(model)
        assert queue.next_time() == min((m[0] for m in model), default=None)


def test_restored_timers_fire_in_the_order_they_were_registered_in() -> None:
    queue = TimerQueue()
    keys = [f"key {n}" for n in range(50)]
    for key in keys:
        queue.register(7, key)
    queue.register(3, "first")
    restored = TimerQueue()
    restored.restore(list(queue.entries())[::-1])
    assert drain(restored, 10) == drain(queue, 10) == [(3, "first"), *((7, key) for key in keys)]


def test_timers_belong_to_the_current_key() -> None:
    backend = HashMapKeyedStateBackend(128)
    service = KeyedTimerService(backend)
    backend.key = "a"
    service.register_event_time_timer(5)
    backend.key = "b"
    service.delete_event_time_timer(5)
    service.register_processing_time_timer(6.9)  # type: ignore[arg-type]
    assert drain(service.event_time, 9) == [(5, "a")]
    assert drain(service.processing_time, 9) == [(6, "b")]
    with pytest.raises(TypeError, match="number of ms since the epoch, not 'soon'"):
        service.register_event_time_timer("soon")  # type: ignore[arg-type]


def test_timers_need_a_key() -> None:
    service = UnkeyedTimerService()
    assert service.current_processing_time() > 0
    for call in (service.register_event_time_timer, service.delete_processing_time_timer):
        with pytest.raises(RuntimeError, match="timers can only be set on a keyed stream"):
            call(1)
