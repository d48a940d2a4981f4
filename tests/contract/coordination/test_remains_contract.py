"""What ended jobs leave: forgotten as a whole, remembered as ended; blobs go only where nobody asks for them."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.coordination.connection import connect
from penstock.coordination.coordination import Coordination
from penstock.coordination.keys import Keys
from penstock.coordination.memory import MemoryCoordination
from penstock.coordination.messages import encode
from penstock.coordination.operations import Commit, Op, SetKey, SetRemove
from penstock.coordination.rows import SubtaskMetrics, Tombstone
from penstock.graph.states import JobState

pytestmark = pytest.mark.contract

DAY = 86_400_000


def submitted(coordination: Coordination, job: str, time: int = 5) -> None:
    answer = coordination.submissions.create(job, "d", "graph", "word count", time, {"job": b'{"x":1}'})
    assert answer in ("CREATED", "EXISTS")


def ended(coordination: Coordination, job: str, time: int) -> None:
    epoch = coordination.leases.acquire(f"job:{job}", "n", 60_000)
    assert epoch is not None
    stone = Tombstone(job=job, state=JobState.FINISHED, time=time)
    ops: list[Op] = [
        SetKey(coordination.keys.tombstone(job), encode(stone)),
        SetRemove(coordination.keys.live_jobs(), job),
    ]
    end = Commit(role=f"job:{job}", epoch=epoch, revision=0, nonce="n", rows={"job": b"2"}, ops=ops)
    assert coordination.store.commit(end) == "OK"


def test_ended_jobs_and_when_they_ended(coordination: Coordination) -> None:
    assert coordination.remains.ended() == {}
    for job in ("a", "b", "c"):
        submitted(coordination, job)
    ended(coordination, "a", 70)
    ended(coordination, "c", 60)
    assert coordination.remains.ended() == {"a": 70, "c": 60}


def test_a_forgotten_job_leaves_nothing_but_that_it_has_ended(coordination: Coordination) -> None:
    submitted(coordination, "j")
    submitted(coordination, "k")
    coordination.metrics.put("j", "v", 0, SubtaskMetrics(attempt=0))
    ended(coordination, "j", 70)
    assert coordination.remains.forget("j", DAY)
    assert coordination.submissions.all() == [("k", 5)]
    assert coordination.submissions.get("j") is None
    assert coordination.store.load("job:j").rows == {}
    assert coordination.metrics.all("j") == {}
    assert coordination.remains.ended() == {}
    assert coordination.submissions.tombstone("j") is not None
    assert coordination.submissions.create("j", "d", "graph", "again", 9, {}) == "EXISTS", "it is not run again"
    assert coordination.leases.acquire("job:j", "m", 60_000) is None, "nobody leads it again"
    assert coordination.remains.forget("j", DAY), "once more changes nothing"


def test_a_stale_leader_cannot_bring_it_back(coordination: Coordination) -> None:
    submitted(coordination, "j")
    ended(coordination, "j", 70)
    assert coordination.remains.forget("j", DAY)
    late = Commit(role="job:j", epoch=1, revision=1, nonce="m", rows={"job": b"3"})
    assert coordination.store.commit(late) == "CONFLICT"
    assert coordination.store.load("job:j").rows == {}


def test_a_live_job_is_not_forgotten(coordination: Coordination) -> None:
    submitted(coordination, "j")
    assert not coordination.remains.forget("j", DAY)
    assert not coordination.remains.forget("unknown", DAY)
    assert coordination.submissions.get("j") is not None


def test_the_tombstone_goes_in_its_time() -> None:
    clock = [1000]
    twin = MemoryCoordination(now_ms=lambda: clock[0])
    submitted(twin, "j")
    ended(twin, "j", 70)
    assert twin.remains.forget("j", DAY)
    clock[0] += DAY
    assert twin.submissions.tombstone("j") is None


def test_one_at_a_time_looks(coordination: Coordination) -> None:
    assert coordination.remains.turn(60_000)
    assert not coordination.remains.turn(60_000)


@pytest.mark.parametrize("size", [10, (1 << 20) + 1])
def test_a_blob_goes_after_two_looks_that_found_it_unused(coordination: Coordination, size: int) -> None:
    used, unused = coordination.blobs.put(b"u" * size), coordination.blobs.put(b"x" * size)
    assert coordination.remains.sweep_blobs(lambda: {used}, 1000, 50) == 0, "seen for the first time"
    assert coordination.remains.sweep_blobs(lambda: {used}, 1049, 50) == 0, "not long enough"
    assert coordination.remains.sweep_blobs(lambda: {used}, 1050, 50) == 1
    assert coordination.blobs.exists([used, unused]) == {used}
    with pytest.raises(KeyError):
        coordination.blobs.get(unused)
    assert coordination.blobs.put(b"x" * size) == unused
    assert coordination.blobs.get(unused) == b"x" * size


@pytest.mark.parametrize("asked", ["put", "exists", "used"])
def test_who_asks_for_a_blob_may_count_on_it(coordination: Coordination, asked: str) -> None:
    digest = coordination.blobs.put(b"data")
    assert coordination.remains.sweep_blobs(set, 1000, 50) == 0
    if asked == "put":
        coordination.blobs.put(b"data")
    elif asked == "exists":
        assert coordination.blobs.exists([digest]) == {digest}
    else:
        assert coordination.remains.sweep_blobs(lambda: {digest}, 1060, 50) == 0
    assert coordination.remains.sweep_blobs(set, 2000, 50) == 0, "it begins anew"
    assert coordination.blobs.get(digest) == b"data"
    assert coordination.remains.sweep_blobs(set, 2050, 50) == 1


def test_only_blobs_are_swept(coordination: Coordination) -> None:
    submitted(coordination, "j")
    ended(coordination, "j", 70)
    coordination.blobs.put(b"data")
    coordination.remains.sweep_blobs(set, 0, 0)
    coordination.remains.sweep_blobs(set, 1, 0)
    assert coordination.submissions.tombstone("j") is not None
    assert coordination.store.load("job:j").rows == {"job": b"2"}


def test_a_large_blob_that_comes_back_in_the_middle_keeps_its_file(
    redis_of: Callable[[str], Any], tmp_path: Path
) -> None:
    with connect(redis_of("redis7").url) as client:
        coordination = Coordination(client, Keys("comes-back"), tmp_path)
        data = b"x" * ((1 << 20) + 1)
        digest = coordination.blobs.put(data)
        coordination.remains.sweep_blobs(set, 0, 0)
        dropped = coordination.remains._drop  # type: ignore[attr-defined]

        def drop_and_put(keys: list[str], arguments: list[Any]) -> Any:
            answer = dropped(keys, arguments)
            coordination.blobs.put(data)
            return answer

        coordination.remains._drop = drop_and_put  # type: ignore[attr-defined]
        coordination.remains.sweep_blobs(set, 1, 0)
        assert coordination.blobs.get(digest) == data
        assert hashlib.sha256(data).hexdigest() == digest
        assert [p.name for p in (tmp_path / "blobs" / digest[:2]).iterdir()] == [digest]
