"""Guarded commits: all or nothing, once, by the current leader, on the state it decided on."""

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.operations import (
    Commit,
    DeleteKey,
    HashCompareSet,
    HashDelete,
    HashSet,
    LeaderState,
    Op,
    SetAdd,
    SetKey,
    SetRemove,
    StreamAdd,
)

pytestmark = pytest.mark.contract

ROLE = "resourcemanager"


@pytest.fixture
def epoch(coordination: Coordination) -> int:
    """Of a leader of ROLE."""
    acquired = coordination.leases.acquire(ROLE, "leader", 60_000)
    assert acquired is not None
    return acquired


def payloads(coordination: Coordination, stream: str) -> list[bytes]:
    return [payload for _, payload in coordination.events.read({stream: "0-0"}).get(stream, [])]


def test_nobody_committed_yet(coordination: Coordination) -> None:
    assert coordination.store.load(ROLE) == LeaderState(revision=0, cursor="0-0", nonce="", rows={}, outbox={})


def test_one_row_of_several_roles(coordination: Coordination, epoch: int) -> None:
    commit = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n1", rows={"a": b"1", "b": b"2"})
    assert coordination.store.commit(commit) == "OK"
    assert coordination.store.row(["job:nobody", ROLE], "b") == [None, b"2"]
    assert coordination.store.row([ROLE], "c") == [None]
    assert coordination.store.row([], "b") == []


def test_rows_outbox_and_cursor_change_together(coordination: Coordination, epoch: int) -> None:
    first = Commit(
        role=ROLE,
        epoch=epoch,
        revision=0,
        nonce="n1",
        rows={"a": b"1", "b": b"\x00\xff"},
        cursor="5-1",
        outbox={"e": b"x"},
    )
    assert coordination.store.commit(first) == "OK"
    second = Commit(
        role=ROLE, epoch=epoch, revision=1, nonce="n2", rows={"a": None, "c": b""}, outbox={"e": None, "f": b"y"}
    )
    assert coordination.store.commit(second) == "OK"
    assert coordination.store.load(ROLE) == LeaderState(
        revision=2, cursor="5-1", nonce="n2", rows={"b": b"\x00\xff", "c": b""}, outbox={"f": b"y"}
    )


def test_a_successor_continues_from_what_the_dead_one_committed(coordination: Coordination, epoch: int) -> None:
    coordination.store.commit(
        Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", rows={"a": b"1"}, outbox={"e": b"x"})
    )
    coordination.leases.release(ROLE, "leader")
    successor = coordination.leases.acquire(ROLE, "other", 60_000)
    state = coordination.store.load(ROLE)
    assert successor is not None
    assert (state.revision, state.outbox) == (1, {"e": b"x"})
    done = Commit(role=ROLE, epoch=successor, revision=state.revision, nonce="m", outbox={"e": None})
    assert coordination.store.commit(done) == "OK"
    assert coordination.store.load(ROLE).outbox == {}


def test_a_leader_that_was_overtaken_is_fenced(coordination: Coordination, epoch: int) -> None:
    coordination.leases.release(ROLE, "leader")
    coordination.leases.acquire(ROLE, "other", 60_000)
    late = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", rows={"a": b"1"}, ops=[StreamAdd("s", b"x")])
    assert coordination.store.commit(late) == "FENCED"
    assert coordination.store.load(ROLE).revision == 0
    assert payloads(coordination, "s") == []


def test_it_is_the_counter_that_fences_and_not_the_lease(coordination: Coordination, epoch: int) -> None:
    coordination.leases.release(ROLE, "leader")
    commit = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", rows={"a": b"1"})
    assert coordination.store.commit(commit) == "OK", "nobody else led in between"


def test_nobody_ever_led(coordination: Coordination) -> None:
    assert coordination.store.commit(Commit(role="job:1", epoch=0, revision=0, nonce="n")) == "FENCED"
    assert coordination.store.commit(Commit(role="job:1", epoch=7, revision=0, nonce="n")) == "FENCED"


def test_a_commit_whose_answer_was_lost_is_ok_again_and_happens_once(coordination: Coordination, epoch: int) -> None:
    stream = coordination.keys.events("x")
    commit = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", rows={"a": b"1"}, ops=[StreamAdd(stream, b"x")])
    assert [coordination.store.commit(commit) for _ in range(3)] == ["OK", "OK", "OK"]
    assert coordination.store.load(ROLE).revision == 1
    assert payloads(coordination, stream) == [b"x"]


def test_a_delayed_duplicate_rewinds_nothing(coordination: Coordination, epoch: int) -> None:
    first = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n1", cursor="1-0", outbox={"e": b"x"})
    second = Commit(role=ROLE, epoch=epoch, revision=1, nonce="n2", cursor="2-0", outbox={"e": None})
    coordination.store.commit(first)
    coordination.store.commit(second)
    assert coordination.store.commit(first) == "CONFLICT"
    assert coordination.store.load(ROLE) == LeaderState(revision=2, cursor="2-0", nonce="n2")


def test_a_replay_under_a_stale_epoch_is_fenced_even_with_the_stored_nonce(
    coordination: Coordination, epoch: int
) -> None:
    commit = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", rows={"a": b"1"})
    coordination.store.commit(commit)
    coordination.leases.release(ROLE, "leader")
    coordination.leases.acquire(ROLE, "other", 60_000)
    assert coordination.store.commit(commit) == "FENCED", "it happened, but its leader has to stop all the same"


@pytest.mark.parametrize("revision", [1, 2, 7])
def test_another_revision_conflicts(coordination: Coordination, epoch: int, revision: int) -> None:
    commit = Commit(role=ROLE, epoch=epoch, revision=revision, nonce="n", rows={"a": b"1"})
    assert coordination.store.commit(commit) == "CONFLICT"
    assert coordination.store.load(ROLE).rows == {}


def test_every_operation(coordination: Coordination, epoch: int) -> None:
    key = coordination.keys.events("op").__add__
    jobs, claims, stream = coordination.keys.live_jobs(), coordination.keys.claims("j"), key(":s")
    splits = coordination.keys.splits("j", "v")
    ops: list[Op] = [SetAdd(jobs, "a"), SetAdd(jobs, "b"), SetRemove(jobs, "a"), SetKey(key(":gone"), b"1")]
    ops += [HashSet(claims, "x", b"1"), HashSet(claims, "y", b"2"), HashDelete(claims, "x"), DeleteKey(key(":gone"))]
    ops += [
        StreamAdd(stream, b"1"),
        StreamAdd(stream, b"2"),
        SetKey(splits, coordination.keyring.seal("splits", splits, b"s"), 60_000),
    ]
    assert coordination.store.commit(Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", ops=ops)) == "OK"
    assert coordination.submissions.live() == {"b"}
    assert payloads(coordination, stream) == [b"1", b"2"]
    assert coordination.splits.once("j", "v", lambda: b"another") == b"s"
    again = [HashCompareSet(claims, "y", b"2", b"3"), HashCompareSet(claims, "x", None, b"4")]
    assert coordination.store.commit(Commit(role=ROLE, epoch=epoch, revision=1, nonce="m", ops=list(again))) == "OK"


@pytest.mark.parametrize("expected", [None, b"other"])
def test_a_failed_comparison_stops_the_whole_commit(
    coordination: Coordination, epoch: int, expected: bytes | None
) -> None:
    claims, stream = coordination.keys.claims("j"), coordination.keys.events("x")
    setup = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", ops=[HashSet(claims, "a", b"1")])
    assert coordination.store.commit(setup) == "OK"
    ops: list[Op] = [StreamAdd(stream, b"x"), HashCompareSet(claims, "a", expected, b"2")]
    commit = Commit(role=ROLE, epoch=epoch, revision=1, nonce="m", rows={"r": b"1"}, ops=ops)
    assert coordination.store.commit(commit) == "CONFLICT"
    assert coordination.store.load(ROLE).rows == {}
    assert payloads(coordination, stream) == []


def test_a_large_commit(coordination: Coordination, epoch: int) -> None:
    rows: dict[str, bytes | None] = {f"execution:{n}": b"{}" * 50 for n in range(5000)}
    ops: list[Op] = [StreamAdd(coordination.keys.events(f"job:{n % 50}"), b"p") for n in range(1000)]
    assert coordination.store.commit(Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", rows=rows, ops=ops)) == "OK"
    assert coordination.store.load(ROLE).rows == rows
    assert len(payloads(coordination, coordination.keys.events("job:7"))) == 20


def test_the_script_owns_its_fields() -> None:
    with pytest.raises(ValueError, match=r"\['cursor'\] belong to the commit script"):
        Commit(role=ROLE, epoch=1, revision=0, nonce="n", rows={"cursor": b"1"})
    with pytest.raises(ValueError, match="needs a nonce"):
        Commit(role=ROLE, epoch=1, revision=0, nonce="")
