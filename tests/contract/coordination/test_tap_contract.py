"""Wire taps: leases, what slots publish, what viewers read."""

import time

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.tap_rows import TapLease, TappedRecord, TapReport, TapSubtask
from penstock.coordination.taps import LEASE_MS, MOST_BATCHES, MOST_LEASES, RECORDS_MS

pytestmark = pytest.mark.contract

JOB, VERTEX = "j", "a" * 32
EDGE = TapLease(VERTEX, "edge-0")


def record(text: str) -> TappedRecord:
    return TappedRecord(text=text, type="str", time=1, key="k", timestamp=2, watermark=3, producer=0)


def report(*texts: str, subtask: int = 0, attempt: int = 0, point: str = "edge-0") -> TapReport:
    state = TapSubtask(subtask=subtask, attempt=attempt, sampled=len(texts), watermark=7)
    return TapReport(VERTEX, point, state, tuple(record(text) for text in texts))


def wakes(coordination: Coordination) -> int:
    key = coordination.keys.tap_wake(JOB)
    found = [payload.decode() for _, payload in coordination.events.read({key: "0-0"}).get(key, [])]
    assert all(payload.startswith(f"{VERTEX}|edge-0|") for payload in found), "with a secret, they are sealed"
    return len(found)


def test_a_viewer_has_a_lease_and_wakes_the_slots(coordination: Coordination) -> None:
    assert coordination.taps.publish(JOB) == []
    seen = coordination.taps.view(JOB, EDGE)
    assert seen is not None and seen.batches == () and seen.subtasks == ()
    assert wakes(coordination) == 1
    (lease,) = coordination.taps.publish(JOB)
    assert (lease.vertex, lease.point, lease.subtask) == (VERTEX, "edge-0", None)
    assert 0 < lease.left <= LEASE_MS
    assert coordination.taps.publish("another") == []


def test_what_is_sampled_is_read_in_order_and_behind_a_cursor(coordination: Coordination) -> None:
    coordination.taps.view(JOB, EDGE)
    coordination.taps.publish(JOB, [report("a", "b"), report("c", subtask=1, attempt=4)])
    seen = coordination.taps.view(JOB, EDGE)
    assert seen is not None
    assert [(b.subtask, b.attempt, [r.text for r in b.records]) for _, b in seen.batches] == [
        (0, 0, ["a", "b"]),
        (1, 4, ["c"]),
    ]
    assert seen.batches[0][1].records[0] == record("a")
    assert [(s.subtask, s.attempt, s.sampled, s.watermark) for s in seen.subtasks] == [(0, 0, 2, 7), (1, 4, 1, 7)]
    cursor = seen.batches[-1][0]
    again = coordination.taps.view(JOB, EDGE, cursor)
    assert again is not None and again.batches == ()
    coordination.taps.publish(JOB, [report("d")])
    later = coordination.taps.view(JOB, EDGE, cursor)
    assert later is not None and [r.text for _, b in later.batches for r in b.records] == ["d"]
    other = coordination.taps.view(JOB, TapLease(VERTEX, "op-0"))
    assert other is not None and other.batches == ()


def test_slots_are_woken_until_somebody_samples(coordination: Coordination) -> None:
    coordination.taps.view(JOB, EDGE)
    coordination.taps.view(JOB, EDGE)
    assert wakes(coordination) == 2, "nobody samples: a wake may have been missed"
    coordination.taps.publish(JOB, [report()])
    coordination.taps.view(JOB, EDGE)
    assert wakes(coordination) == 2, "a report without records shows that it is sampled"
    coordination.taps.view(JOB, TapLease(VERTEX, "edge-0", 1))
    assert wakes(coordination) == 3, "one subtask alone is another lease"
    assert {lease.subtask for lease in coordination.taps.publish(JOB)} == {None, 1}


def test_a_point_keeps_so_many_batches_and_no_more(coordination: Coordination) -> None:
    coordination.taps.view(JOB, EDGE)
    for n in range(MOST_BATCHES + 10):
        coordination.taps.publish(JOB, [report(str(n))])
    for cursor in ("", "0-1"):
        seen = coordination.taps.view(JOB, EDGE, cursor)
        assert seen is not None and len(seen.batches) == MOST_BATCHES
        assert [b.records[0].text for _, b in seen.batches][:: MOST_BATCHES - 1] == ["10", str(MOST_BATCHES + 9)]


def test_a_job_has_so_many_leases_and_no_more(coordination: Coordination) -> None:
    for n in range(MOST_LEASES):
        assert coordination.taps.view(JOB, TapLease(VERTEX, f"op-{n}")) is not None
    assert coordination.taps.view(JOB, EDGE) is None
    assert coordination.taps.view(JOB, TapLease(VERTEX, "op-3")) is not None, "those there are can be lengthened"
    assert len(coordination.taps.publish(JOB)) == MOST_LEASES
    assert coordination.taps.view("another", EDGE) is not None


def test_a_lease_ends_after_the_last_call() -> None:
    now = [1_000_000]
    coordination = MemoryCoordination(now_ms=lambda: now[0])
    coordination.taps.view(JOB, EDGE)
    coordination.taps.publish(JOB, [report("a")])
    now[0] += LEASE_MS - 1
    assert [lease.left for lease in coordination.taps.publish(JOB)] == [1]
    now[0] += 1
    assert coordination.taps.publish(JOB) == []
    seen = coordination.taps.view(JOB, EDGE)
    assert seen is not None and seen.subtasks == () and len(seen.batches) == 1
    now[0] += RECORDS_MS
    later = coordination.taps.view(JOB, EDGE)
    assert later is not None and later.batches == ()


def test_everything_expires(coordination: Coordination) -> None:
    if isinstance(coordination, MemoryCoordination):
        pytest.skip("the twin's clock is its test's: see above")
    coordination.taps.view(JOB, EDGE)
    coordination.taps.publish(JOB, [report("a")])
    keys = coordination.keys
    left = {
        key: coordination.client.pttl(key)
        for key in (
            keys.taps(JOB),
            keys.tap_wake(JOB),
            keys.tapped(JOB, VERTEX, "edge-0"),
            keys.tap_subtasks(JOB, VERTEX, "edge-0"),
        )
    }
    assert all(0 < int(ms) <= RECORDS_MS for ms in left.values()), left


def test_a_lease_of_redis_ends_by_its_own_clock(coordination: Coordination) -> None:
    if isinstance(coordination, MemoryCoordination):
        pytest.skip("see above")
    coordination.taps.view(JOB, EDGE)
    coordination.client.zadd(coordination.keys.taps(JOB), {EDGE.member: time.time() * 1000 - 1})
    assert coordination.taps.publish(JOB) == []
