"""Claims: a Celery delivery may be lost, doubled or years late; the claim decides."""

from typing import Literal

import pytest

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import AllocationClaimed, decode, encode
from penstock.coordination.operations import Commit, HashSet
from penstock.coordination.rows import Claim

pytestmark = pytest.mark.contract

State = Literal["OFFERED", "CLAIMED", "WITHDRAWN"]


class JobMaster:
    """The leader of job `j`, as far as claims need one."""

    def __init__(self, coordination: Coordination) -> None:
        self.coordination = coordination
        self.revision = 0
        self.epoch = 0
        self.lead()

    def lead(self) -> None:
        self.coordination.leases.release("job:j", f"leader {self.epoch}")
        epoch = self.coordination.leases.acquire("job:j", f"leader {self.epoch + 1}", 60_000)
        assert epoch == self.epoch + 1
        self.epoch = epoch

    def write(self, allocation: str, state: State, incarnation: str = "i1") -> None:
        row = encode(Claim(state=state, epoch=self.epoch, incarnation=incarnation))
        ops = [HashSet(self.coordination.keys.claims("j"), allocation, row)]
        nonce = f"n{self.revision}"
        commit = Commit(role="job:j", epoch=self.epoch, revision=self.revision, nonce=nonce, ops=list(ops))
        assert self.coordination.store.commit(commit) == "OK"
        self.revision += 1

    def events(self) -> list[AllocationClaimed]:
        stream = self.coordination.keys.events("job:j")
        entries = self.coordination.events.read({stream: "0-0"}).get(stream, [])
        return [decode(payload, AllocationClaimed) for _, payload in entries]


@pytest.fixture
def master(coordination: Coordination) -> JobMaster:
    return JobMaster(coordination)


def test_the_first_copy_claims_and_says_so(coordination: Coordination, master: JobMaster) -> None:
    master.write("a", "OFFERED")
    assert coordination.claims.claim("j", "a", 1, "mine", 42, "i1")
    claim = coordination.claims.get("j", "a")
    assert claim == Claim(state="CLAIMED", epoch=1, incarnation="i1", pid=42, nonce="mine")
    assert [(event.allocation, event.pid, event.incarnation) for event in master.events()] == [("a", 42, "i1")]


def test_a_second_copy_in_another_process_does_not(coordination: Coordination, master: JobMaster) -> None:
    master.write("a", "OFFERED")
    assert coordination.claims.claim("j", "a", 1, "mine", 42, "i1")
    assert not coordination.claims.claim("j", "a", 1, "another", 43, "i1")
    claim = coordination.claims.get("j", "a")
    assert claim is not None
    assert claim.pid == 42
    assert len(master.events()) == 1


def test_a_claim_whose_answer_was_lost_is_recognised(coordination: Coordination, master: JobMaster) -> None:
    master.write("a", "OFFERED")
    assert [coordination.claims.claim("j", "a", 1, "mine", 42, "i1") for _ in range(3)] == [True, True, True]
    assert len(master.events()) == 1


def test_a_copy_of_a_withdrawn_allocation_is_nothing(coordination: Coordination, master: JobMaster) -> None:
    master.write("a", "OFFERED")
    master.write("a", "WITHDRAWN")
    assert not coordination.claims.claim("j", "a", 1, "mine", 42, "i1")
    assert master.events() == []


def test_withdrawn_after_the_claim_its_own_process_is_refused_too(
    coordination: Coordination, master: JobMaster
) -> None:
    master.write("a", "OFFERED")
    coordination.claims.claim("j", "a", 1, "mine", 42, "i1")
    master.write("a", "WITHDRAWN")
    assert not coordination.claims.claim("j", "a", 1, "mine", 42, "i1")


def test_an_allocation_nobody_offered(coordination: Coordination, master: JobMaster) -> None:
    assert not coordination.claims.claim("j", "never", 1, "mine", 42, "i1")
    assert coordination.claims.get("j", "never") is None


def test_a_slot_of_another_incarnation_is_not_meant(coordination: Coordination, master: JobMaster) -> None:
    master.write("a", "OFFERED", incarnation="i2")
    assert not coordination.claims.claim("j", "a", 1, "mine", 42, "i1")


def test_a_hint_sent_by_a_dead_leader_still_serves_its_successor(coordination: Coordination, master: JobMaster) -> None:
    master.write("a", "OFFERED")
    master.lead()
    assert coordination.claims.claim("j", "a", 1, "mine", 42, "i1")


def test_an_epoch_this_redis_never_handed_out(coordination: Coordination, master: JobMaster) -> None:
    master.write("a", "OFFERED")
    assert not coordination.claims.claim("j", "a", 2, "mine", 42, "i1"), "Redis came back older than the hint"


def test_a_claim_needs_a_nonce(coordination: Coordination) -> None:
    with pytest.raises(ValueError, match="allocation 'a' needs a nonce"):
        coordination.claims.claim("j", "a", 1, "", 42, "i1")
