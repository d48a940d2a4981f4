"""What belongs to jobs: blobs, submissions, splits, metrics."""

import hashlib

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.operations import Commit, SetKey, SetRemove
from penstock.coordination.parts import Submission
from penstock.coordination.rows import SubtaskMetrics

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 10, b"x" * (1 << 20), b"y" * ((1 << 20) + 1)])
def test_a_blob_comes_back(coordination: Coordination, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    absent = hashlib.sha256(b"absent").hexdigest()
    assert coordination.blobs.exists([digest]) == set()
    assert coordination.blobs.put(data) == digest
    assert coordination.blobs.put(data) == digest
    assert coordination.blobs.get(digest) == data
    assert coordination.blobs.exists([digest, absent]) == {digest}
    assert coordination.blobs.exists([]) == set()


def test_a_missing_blob_is_named(coordination: Coordination) -> None:
    digest = hashlib.sha256(b"absent").hexdigest()
    with pytest.raises(KeyError, match=digest):
        coordination.blobs.get(digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_digest_is_refused(coordination: Coordination, digest: str) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        coordination.blobs.get(digest)
    with pytest.raises(ValueError, match="not a sha256"):
        coordination.blobs.exists([digest])


def create(coordination: Coordination, job: str, digest: str = "d", time: int = 5) -> str:
    return coordination.submissions.create(job, digest, "graph", "word count", time, {"job": b'{"x":1}'})


def test_a_submission_makes_a_live_job_with_its_first_row(coordination: Coordination) -> None:
    cursor = coordination.leases.wait_wake("$", 1)
    assert create(coordination, "j") == "CREATED"
    assert coordination.submissions.get("j") == Submission(
        job="j", digest="d", graph="graph", name="word count", time=5
    )
    assert coordination.submissions.live() == {"j"}
    state = coordination.store.load("job:j")
    assert (state.revision, state.cursor, state.rows) == (0, "0-0", {"job": b'{"x":1}'})
    assert coordination.leases.wait_wake(cursor, 1) != cursor, "the jobmanagers were woken"


def test_the_first_leader_continues_from_the_submission(coordination: Coordination) -> None:
    create(coordination, "j")
    epoch = coordination.leases.acquire("job:j", "n", 60_000)
    assert epoch == 1
    assert coordination.store.commit(Commit(role="job:j", epoch=1, revision=0, nonce="n", rows={"job": b"2"})) == "OK"


def test_a_client_that_asks_again_gets_the_job_there_is(coordination: Coordination) -> None:
    create(coordination, "j")
    coordination.leases.acquire("job:j", "n", 60_000)
    coordination.store.commit(Commit(role="job:j", epoch=1, revision=0, nonce="n", rows={"job": b"2"}))
    assert create(coordination, "j") == "EXISTS"
    assert coordination.store.load("job:j").rows == {"job": b"2"}, "the running job is untouched"
    assert create(coordination, "j", digest="other") == "CONFLICT"


def test_a_client_that_asks_again_after_the_end_does_not_start_it_anew(coordination: Coordination) -> None:
    create(coordination, "j")
    coordination.leases.acquire("job:j", "n", 60_000)
    keys = coordination.keys
    end = Commit(
        role="job:j",
        epoch=1,
        revision=0,
        nonce="n",
        ops=[
            SetKey(keys.tombstone("j"), b'{"job":"j","state":"FINISHED","time":9}'),
            SetRemove(keys.live_jobs(), "j"),
        ],
    )
    assert coordination.store.commit(end) == "OK"
    assert create(coordination, "j") == "EXISTS"
    assert coordination.submissions.live() == set()
    tombstone = coordination.submissions.tombstone("j")
    assert tombstone is not None
    assert tombstone.state == "FINISHED"


def test_a_tombstone_alone_is_enough(coordination: Coordination) -> None:
    coordination.leases.acquire("job:j", "n", 60_000)
    end = Commit(role="job:j", epoch=1, revision=0, nonce="n", ops=[SetKey(coordination.keys.tombstone("j"), b"{}")])
    coordination.store.commit(end)
    assert create(coordination, "j") == "EXISTS"
    assert coordination.submissions.get("j") is None


def test_all_jobs_oldest_first(coordination: Coordination) -> None:
    for job, time in (("b", 3), ("c", 1), ("a", 3)):
        create(coordination, job, time=time)
    assert coordination.submissions.all() == [("c", 1), ("a", 3), ("b", 3)]
    assert coordination.submissions.get("x") is None
    assert coordination.submissions.tombstone("x") is None


def test_a_submission_may_not_set_what_the_commit_script_owns(coordination: Coordination) -> None:
    with pytest.raises(ValueError, match="revision"):
        coordination.submissions.create("j", "d", "g", "n", 1, {"revision": b"7"})


def test_splits_are_made_once(coordination: Coordination) -> None:
    calls: list[int] = []

    def make() -> bytes:
        calls.append(1)
        return b"\x80\x05first"

    assert coordination.splits.once("j", "v", make) == b"\x80\x05first"
    assert coordination.splits.once("j", "v", make) == b"\x80\x05first"
    assert coordination.splits.once("j", "w", lambda: b"of another vertex") == b"of another vertex"
    assert len(calls) == 1


def test_of_two_that_enumerate_at_once_the_first_writer_wins(coordination: Coordination) -> None:
    def make() -> bytes:
        assert coordination.splits.once("j", "v", lambda: b"the faster one's") == b"the faster one's"
        return b"ours"

    assert coordination.splits.once("j", "v", make) == b"the faster one's"


def test_counters_of_earlier_attempts_are_set_aside(coordination: Coordination) -> None:
    metrics, large = coordination.metrics, (1 << 53) - 1
    for attempt in range(5):
        row = SubtaskMetrics(
            attempt=attempt * 2,
            records_in=attempt,
            records_read=9,
            bytes_out=large,
            busy_ms=7,
            watermark=1,
            idle_rate=0.5,
        )
        metrics.put_all("j", {("v:1", 0): row, ("w", 0): SubtaskMetrics(attempt=0)}, 3)
        metrics.put_all("j", {("v:1", 0): row}, 3)
    metrics.put_all("j", {("v:1", 0): SubtaskMetrics(attempt=1, records_in=900)}, 3)
    before = [
        SubtaskMetrics(attempt=n * 2, records_in=n, records_read=9, bytes_out=large, busy_ms=7) for n in (1, 2, 3)
    ]
    assert metrics.earlier("j") == {("v:1", 0): tuple(before)}
    assert metrics.all("j")["v:1", 0].records_in == 4
    metrics.put("k", "v", 0, SubtaskMetrics(attempt=0))
    metrics.put("k", "v", 0, SubtaskMetrics(attempt=1))
    assert metrics.earlier("k") == {}


def test_metrics_of_the_newest_attempt(coordination: Coordination) -> None:
    metrics = coordination.metrics
    metrics.put("j", "v:1", 0, SubtaskMetrics(attempt=1, records_in=5))
    metrics.put("j", "v:1", 0, SubtaskMetrics(attempt=1, records_in=6))
    metrics.put("j", "v:1", 0, SubtaskMetrics(attempt=0, records_in=900))
    metrics.put_all("j", {("v:1", 1): SubtaskMetrics(attempt=0), ("w", 0): SubtaskMetrics(attempt=0, watermark=3)})
    metrics.put_all("j", {})
    assert metrics.all("j") == {
        ("v:1", 0): SubtaskMetrics(attempt=1, records_in=6),
        ("v:1", 1): SubtaskMetrics(attempt=0),
        ("w", 0): SubtaskMetrics(attempt=0, watermark=3),
    }
    assert metrics.all("k") == {}
