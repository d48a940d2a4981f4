"""Leases: one leader, rising epochs, and what late copies of a dead leader's calls do."""

import threading
import time

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.operations import Commit, SetKey

pytestmark = pytest.mark.contract

ROLE = "resourcemanager"
LONG = 60_000


def expire(coordination: Coordination, role: str) -> None:
    """Wait until nobody holds the role."""
    deadline = time.monotonic() + 20
    while coordination.leases.free([role]) == []:
        assert time.monotonic() < deadline, "the lease did not expire"
        time.sleep(0.005)


def test_one_holds_a_role_and_epochs_rise(coordination: Coordination) -> None:
    leases = coordination.leases
    assert leases.epoch(ROLE) == 0
    assert leases.acquire(ROLE, "a", LONG) == 1
    assert leases.acquire(ROLE, "b", LONG) is None
    assert leases.release(ROLE, "a")
    assert leases.acquire(ROLE, "b", LONG) == 2
    assert leases.epoch(ROLE) == 2
    assert leases.acquire("job:1", "a", LONG) == 1, "each role has an epoch of its own"


def test_an_acquire_whose_answer_was_lost_gives_the_same_epoch(coordination: Coordination) -> None:
    assert coordination.leases.acquire(ROLE, "a", LONG) == 1
    assert coordination.leases.acquire(ROLE, "a", LONG) == 1
    assert coordination.leases.epoch(ROLE) == 1


def test_an_epoch_that_redis_forgot_is_not_handed_out_again(coordination: Coordination) -> None:
    leases = coordination.leases
    assert leases.acquire(ROLE, "a", LONG) == 1
    assert leases.acquire(ROLE, "b", LONG, 9) is None and leases.epoch(ROLE) == 1
    assert leases.acquire(ROLE, "a", LONG, 9) == 9
    late = Commit(role=ROLE, epoch=1, revision=0, nonce="n", ops=[SetKey(coordination.keys.blob("x"), b"1")])
    assert coordination.store.commit(late) == "FENCED", "its former epoch is over"
    assert leases.acquire(ROLE, "a", LONG, 3) == 9, "it never falls"
    leases.release(ROLE, "a")
    assert leases.acquire(ROLE, "b", LONG, 20) == 20


def test_a_holder_that_dies_is_followed_by_a_higher_epoch(coordination: Coordination) -> None:
    assert coordination.leases.acquire(ROLE, "dead", 20) == 1
    expire(coordination, ROLE)
    assert coordination.leases.acquire(ROLE, "next", LONG) == 2


def test_late_copies_of_a_dead_holder_change_nothing(coordination: Coordination) -> None:
    leases = coordination.leases
    leases.acquire(ROLE, "dead", 20)
    expire(coordination, ROLE)
    leases.acquire(ROLE, "next", LONG)
    assert leases.acquire(ROLE, "dead", LONG) is None
    assert not leases.renew(ROLE, "dead", LONG)
    assert not leases.release(ROLE, "dead")
    assert leases.renew(ROLE, "next", LONG), "the successor holds it still"
    assert leases.epoch(ROLE) == 2


def test_a_late_acquire_of_a_free_role_fences_but_leads_nothing_for_long(coordination: Coordination) -> None:
    leases = coordination.leases
    epoch = leases.acquire(ROLE, "a", LONG)
    assert epoch is not None
    leases.release(ROLE, "a")
    assert leases.acquire(ROLE, "a", 20) == epoch + 1, "the duplicate is a new lease, of a new epoch"
    stale = Commit(role=ROLE, epoch=epoch, revision=0, nonce="n", rows={"r": b"1"})
    assert coordination.store.commit(stale) == "FENCED"
    expire(coordination, ROLE)


def test_renew_prolongs_only_a_lease_that_is_there(coordination: Coordination) -> None:
    assert not coordination.leases.renew(ROLE, "a", LONG)
    coordination.leases.acquire(ROLE, "a", 20)
    assert coordination.leases.renew(ROLE, "a", LONG)
    assert not coordination.leases.renew(ROLE, "b", LONG)
    assert coordination.leases.free([ROLE]) == []


def test_many_are_renewed_at_once(coordination: Coordination) -> None:
    leases = coordination.leases
    for role in ("job:a", "job:b", "job:c"):
        leases.acquire(role, f"of {role}", LONG)
    leases.release("job:b", "of job:b")
    assert leases.renew_all({"job:a": "of job:a", "job:b": "of job:b", "job:c": "another"}, LONG) == {"job:b", "job:c"}
    assert leases.renew_all({}, LONG) == set()


def test_an_expired_lease_is_not_renewed(coordination: Coordination) -> None:
    coordination.leases.acquire(ROLE, "a", 20)
    expire(coordination, ROLE)
    assert not coordination.leases.renew(ROLE, "a", LONG), "another may have led and gone in between"


def test_release_is_for_the_holder_and_happens_once(coordination: Coordination) -> None:
    coordination.leases.acquire(ROLE, "a", LONG)
    assert not coordination.leases.release(ROLE, "b")
    assert coordination.leases.release(ROLE, "a")
    assert not coordination.leases.release(ROLE, "a")
    assert coordination.leases.free([ROLE]) == [ROLE]


def test_a_tombstoned_job_is_never_led_again(coordination: Coordination) -> None:
    epoch = coordination.leases.acquire("job:j", "a", LONG)
    assert epoch == 1
    end = Commit(
        role="job:j", epoch=epoch, revision=0, nonce="n", ops=[SetKey(coordination.keys.tombstone("j"), b"{}")]
    )
    assert coordination.store.commit(end) == "OK"
    assert coordination.leases.acquire("job:j", "a", LONG) is None, "not even by its last leader"
    assert coordination.leases.release("job:j", "a")
    assert coordination.leases.acquire("job:j", "b", LONG) is None
    assert coordination.leases.epoch("job:j") == 1


def test_free_keeps_the_order_and_leaves_out_what_is_held(coordination: Coordination) -> None:
    coordination.leases.acquire("job:b", "n", LONG)
    assert coordination.leases.free(["job:c", "job:b", "job:a"]) == ["job:c", "job:a"]
    assert coordination.leases.free([]) == []


def test_who_holds_what_for_how_long(coordination: Coordination) -> None:
    leases = coordination.leases
    assert leases.held(["job:a", "job:b"]) == {}
    leases.acquire("job:a", "n", LONG)
    leases.acquire("job:b", "m", LONG // 2)
    held = leases.held(["job:a", "job:b", "job:c"])
    assert {role: lease.nonce for role, lease in held.items()} == {"job:a": "n", "job:b": "m"}
    assert 0 < held["job:b"].left_ms <= LONG // 2 < held["job:a"].left_ms <= LONG
    assert leases.held([]) == {}


def test_only_the_lease_that_was_seen_is_withdrawn_and_only_if_it_was_not_renewed(coordination: Coordination) -> None:
    leases = coordination.leases
    leases.acquire(ROLE, "a", LONG)
    cursor = leases.wait_wake("$", 1)
    assert not leases.withdraw(ROLE, "a", LONG // 2), "it was renewed since"
    assert not leases.withdraw(ROLE, "b", LONG)
    assert not leases.withdraw("job:nobody's", "a", LONG)
    assert leases.renew(ROLE, "a", LONG)
    assert leases.withdraw(ROLE, "a", LONG)
    assert leases.wait_wake(cursor, 1) != cursor, "contenders are woken"
    assert not leases.renew(ROLE, "a", LONG)
    assert leases.acquire(ROLE, "b", LONG) == 2
    assert not leases.withdraw(ROLE, "a", LONG), "a late copy ends nobody's lease"
    assert leases.renew(ROLE, "b", LONG)


def test_a_lease_needs_a_nonce(coordination: Coordination) -> None:
    with pytest.raises(ValueError, match="'resourcemanager' needs a nonce"):
        coordination.leases.acquire(ROLE, "", LONG)


def test_release_wakes_a_contender_that_waits(coordination: Coordination) -> None:
    leases = coordination.leases
    leases.acquire(ROLE, "a", LONG)
    cursor = leases.wait_wake("$", 1)
    woken: list[str] = []

    def contend() -> None:
        at = cursor
        while leases.free([ROLE]) == []:
            at = leases.wait_wake(at, 2000)
        woken.append(at)

    contender = threading.Thread(target=contend)
    contender.start()
    leases.release(ROLE, "a")
    contender.join(30)
    assert not contender.is_alive()
    assert leases.wait_wake(cursor, 1) != cursor


def test_a_wake_between_two_waits_is_not_missed(coordination: Coordination) -> None:
    cursor = coordination.leases.wait_wake("$", 1)
    coordination.leases.wake()
    after = coordination.leases.wait_wake(cursor, 1)
    assert after != cursor
    assert coordination.leases.wait_wake(after, 1) == after
