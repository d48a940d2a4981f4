"""Two slots exchange records through Redis."""

from typing import Any

import pytest

from penstock.exchange.elements import EndOfInput, LatencyMarker, Watermark, WatermarkStatus
from penstock.exchange.events import AllEnded, InputEnded, LatencyEvent, StatusEvent, WatermarkEvent

pytestmark = pytest.mark.contract


def test_records_arrive_once_and_in_order(rig: Any) -> None:
    for n in range(0, 20_000, 10):
        rig.writers[0].emit(0, list(range(n, n + 10)))
    rig.writers[0].broadcast(EndOfInput())
    rig.run(lambda: rig.gates[0].has_ended)
    assert rig.got[0] == list(range(20_000))
    assert rig.events[0] == [InputEnded(0), AllEnded()]


def test_timestamps_and_keys_travel_with_their_records(rig: Any) -> None:
    rig.writers[0].emit(0, ["a", "b"], [1, 2], ["x", "y"])
    rig.writers[0].emit(0, ["c"], [3], ["z"])
    batches: list[Any] = []

    def arrived() -> bool:
        while (event := rig.gates[0].poll()) is not None:
            batches.append(event.batch)
        return sum(map(len, batches)) == 3

    rig.run(arrived, consume=False)
    assert [v for b in batches for v in b.values] == ["a", "b", "c"]
    assert [t for b in batches for t in b.timestamps] == [1, 2, 3]
    assert [k for b in batches for k in b.keys] == ["x", "y", "z"]


def test_every_producer_reaches_every_consumer(make_rig: Any) -> None:
    rig = make_rig(producers=3, consumers=2)
    for p, writer in enumerate(rig.writers):
        for n in range(500):
            writer.emit(n % 2, [(p, n)])
        writer.broadcast(EndOfInput())
    rig.run(lambda: all(g.has_ended for g in rig.gates))
    for c in range(2):
        assert sorted(rig.got[c]) == [(p, n) for p in range(3) for n in range(500) if n % 2 == c]
        for p in range(3):
            assert [n for q, n in rig.got[c] if q == p] == list(range(c, 500, 2))


def test_latency_markers_go_to_one_consumer_and_stand_behind_the_records_before_them(make_rig: Any) -> None:
    rig, marker = make_rig(consumers=2), LatencyMarker(12, "s" * 32, 0)
    rig.writers[0].emit(0, [1, 2])
    rig.writers[0].mark(0, marker)
    rig.run(lambda: LatencyEvent(marker) in rig.events[0])
    assert rig.got[0] == [1, 2]
    rig.writers[0].emit(0, [3])
    rig.writers[0].broadcast(EndOfInput())
    rig.run(lambda: all(g.has_ended for g in rig.gates))
    assert rig.got == [[1, 2, 3], []]
    assert LatencyEvent(marker) not in rig.events[1]
    assert rig.gates[0].channels == {c: s for c, s in rig.gates[0].channels.items() if s.ordinal == 1}


def test_watermarks_are_merged_and_idle_channels_left_out(make_rig: Any) -> None:
    rig = make_rig(producers=2)
    first, second = rig.writers
    first.broadcast(Watermark(10))
    second.broadcast(Watermark(7))
    rig.run(lambda: WatermarkEvent(7) in rig.events[0])
    second.broadcast(WatermarkStatus(False))
    rig.run(lambda: WatermarkEvent(10) in rig.events[0])
    first.broadcast(WatermarkStatus(False))
    rig.run(lambda: StatusEvent(False) in rig.events[0])
    second.broadcast(WatermarkStatus(True))
    rig.run(lambda: StatusEvent(True) in rig.events[0])
    assert rig.events[0] == [WatermarkEvent(7), WatermarkEvent(10), StatusEvent(False), StatusEvent(True)]


def test_only_one_unread_watermark_waits_in_a_log_and_the_last_one_arrives(rig: Any) -> None:
    rig.run(lambda: rig.writers[0].is_drained, rig.a)
    before = rig.client.xlen(rig.log_key())
    for t in range(100):
        rig.writers[0].broadcast(Watermark(t))
        rig.turn(rig.a)
    rig.run_for(0.05, rig.a)
    assert rig.client.xlen(rig.log_key()) - before == 1
    rig.run(lambda: rig.events[0][-1:] == [WatermarkEvent(99)])


def test_a_same_slot_channel_takes_no_log_unless_it_is_told_to(make_rig: Any) -> None:
    rig = make_rig()
    placement = {"p": ("A",), "c": ("A",)}
    for in_memory, entries in ((True, 0), (False, 1)):
        slot = rig.slot("A", placement=placement, in_memory_channels=in_memory)
        writer, gate = rig.writer(slot, attempt=1), slot.input_gate("c", 0)
        length = rig.client.xlen(rig.log_key())
        writer.emit(0, [1, 2])
        got: list[Any] = []

        def arrived(gate: Any = gate, got: list[Any] = got) -> bool:
            event = gate.poll()
            got.extend(event.batch.values if event else [])
            return len(got) == 2

        rig.run(arrived, slot)
        assert rig.client.xlen(rig.log_key()) - length == entries


def test_classes_of_the_jobs_own_script_can_be_sent(rig: Any) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("class Event:\n    def __init__(self, n): self.n = n", namespace)
    rig.writers[0].emit(0, [namespace["Event"](n) for n in range(3)])
    rig.run(lambda: len(rig.got[0]) == 3)
    assert [e.n for e in rig.got[0]] == [0, 1, 2]


def test_logs_are_spread_over_several_redises(make_rig: Any, own_redis: Any) -> None:
    urls = [own_redis().url, own_redis().url]
    rig = make_rig(producers=2, consumers=8, urls=urls)
    for p, writer in enumerate(rig.writers):
        for c in range(8):
            writer.emit(c, [(p, c)])
    rig.run(lambda: all(len(g) == 2 for g in rig.got))
    rig.run(lambda: all(w.is_drained for w in rig.writers))
    logs = [{k for c in range(8) if client.exists(k := rig.log_key(c))} for client in rig.clients.values()]
    assert logs[0] and logs[1] and not logs[0] & logs[1] and len(logs[0] | logs[1]) == 8
    assert [sorted(g) for g in rig.got] == [[(0, c), (1, c)] for c in range(8)]
