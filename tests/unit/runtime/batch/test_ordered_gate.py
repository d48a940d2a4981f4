from collections import deque
from typing import Any, cast

from penstock.exchange.elements import MAX_TIMESTAMP, RecordBatch
from penstock.exchange.events import AllEnded, BatchEvent, GateEvent, InputEnded, StatusEvent, WatermarkEvent
from penstock.exchange.input_gate import InputGate
from penstock.runtime.batch.ordered_gate import OrderedGate


class Gate:
    """Gives these events; None for "nothing just now"."""

    bytes_in = 42

    def __init__(self, *events: GateEvent | None) -> None:
        self._events = deque(events)

    def poll(self) -> GateEvent | None:
        return self._events.popleft() if self._events else None


def batch(side: int, *records: tuple[Any, int | None, Any]) -> BatchEvent:
    keys, times, values = map(list, zip(*records, strict=True))
    timed = any(time is not None for time in times)
    return BatchEvent(side, RecordBatch(values, times if timed else None, keys))


def polled(orders: Any, *events: GateEvent | None) -> list[Any]:
    """(side, values), or the event's class; None for "nothing just now"."""
    gate = OrderedGate(cast(InputGate, Gate(*events)), orders, 1000)
    found: list[Any] = []
    while not found or found[-1] is not AllEnded:
        event = gate.poll()
        match event:
            case None:
                found.append(None)
            case BatchEvent(side, records):
                found.append((side, records.values))
            case _:
                found.append(type(event))
    assert gate.poll() is None
    return found


def test_by_key_no_batch_has_two_keys() -> None:
    events: list[GateEvent | None] = [
        batch(0, ("b", 3, 1), ("a", 2, 2)),
        None,
        batch(0, ("b", 1, 3), ("a", 2, 4)),
        InputEnded(0),
        AllEnded(),
    ]
    assert polled(("BY_KEY",), *events) == [None, (0, [2, 4]), (0, [3, 1]), InputEnded, AllEnded]


def test_sorted_batches_may_have_many_keys() -> None:
    events: list[GateEvent | None] = [batch(0, ("b", 3, 1), ("a", 2, 2)), batch(0, ("b", 1, 3)), AllEnded()]
    assert polled(("SORTED",), *events) == [(0, [2, 3, 1]), AllEnded]


def test_watermarks_and_idleness_wait_for_the_end() -> None:
    events: list[GateEvent | None] = [
        StatusEvent(False),
        WatermarkEvent(5),
        batch(0, ("a", 1, 1)),
        WatermarkEvent(MAX_TIMESTAMP),
        AllEnded(),
    ]
    assert polled(("BY_KEY",), *events) == [(0, [1]), AllEnded]


def test_by_time_lets_what_has_no_time_go_on() -> None:
    events: list[GateEvent | None] = [
        batch(0, ("a", 9, 1)),
        batch(0, ("a", None, 2)),
        None,
        batch(0, ("a", 5, 3)),
        AllEnded(),
    ]
    assert polled(("BY_TIME",), *events) == [(0, [2]), None, (0, [3, 1]), AllEnded]


def test_first_before_last() -> None:
    events: list[GateEvent | None] = [
        batch(0, (None, None, 1)),
        batch(1, (None, None, 2)),
        batch(0, (None, None, 3)),
        AllEnded(),
    ]
    assert polled(("LAST", "FIRST"), *events) == [(1, [2]), (0, [1]), (0, [3]), AllEnded]


def test_first_before_by_key() -> None:
    events: list[GateEvent | None] = [
        batch(0, ("a", 7, 1)),
        batch(1, (None, None, 2)),
        batch(0, ("a", 5, 3)),
        AllEnded(),
    ]
    assert polled(("BY_KEY", "FIRST"), *events) == [(1, [2]), (0, [3, 1]), AllEnded]


def test_two_inputs_of_a_key_are_merged_by_time() -> None:
    events: list[GateEvent | None] = [
        batch(0, ("a", 1, "l1"), ("a", 5, "l5"), ("b", 2, "l2")),
        batch(1, ("a", 3, "r3")),
        AllEnded(),
    ]
    assert polled(("BY_KEY", "BY_KEY"), *events) == [(0, ["l1"]), (1, ["r3"]), (0, ["l5"]), (0, ["l2"]), AllEnded]


def test_the_rest_is_the_gate_s() -> None:
    assert OrderedGate(cast(InputGate, Gate()), ("SORTED",), 1).bytes_in == 42


def test_without_timestamps_there_are_none_afterwards() -> None:
    gate = OrderedGate(cast(InputGate, Gate(batch(0, ("a", None, 1)), AllEnded())), ("SORTED",), 10)
    event = gate.poll()
    assert isinstance(event, BatchEvent)
    assert event.batch == RecordBatch([1], None, ["a"])
